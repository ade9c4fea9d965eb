using OciImages.Transfers;

namespace Oci.Output;

internal sealed class LoadWords : TransferWords
{
    public override string NameOf(TransferProgress progress) => progress.Digest.Hex[..12];

    public override string Of(TransferProgress progress) => progress.Phase switch
    {
        TransferPhase.Queued => "Waiting",
        TransferPhase.Extracting => "Loading layer",
        TransferPhase.Complete => "Loaded",
        _ => progress.Phase.ToString(),
    };
}
