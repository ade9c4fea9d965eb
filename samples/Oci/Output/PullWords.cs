using OciImages.Transfers;

namespace Oci.Output;

internal sealed class PullWords : TransferWords
{
    public override string NameOf(TransferProgress progress) => progress.Digest.Hex[..12];

    public override string Of(TransferProgress progress) => progress.Phase switch
    {
        TransferPhase.Queued => "Pulling fs layer",
        TransferPhase.Waiting => "Waiting",
        TransferPhase.Transferring => "Downloading",
        TransferPhase.Verifying => "Verifying Checksum",
        TransferPhase.Transferred => "Download complete",
        TransferPhase.Extracting => "Extracting",
        TransferPhase.Complete => "Pull complete",
        TransferPhase.AlreadyExists => "Already exists",
        TransferPhase.Retrying => "Retrying",
        _ => progress.Phase.ToString(),
    };
}
