using OciImages.Transfers;

namespace Oci.Output;

internal sealed class PushWords : TransferWords
{
    // Docker names layers of a push by what they unpack to; what is no layer has only its blob.
    public override string NameOf(TransferProgress progress) => (progress.DiffId?.Value ?? progress.Digest).Hex[..12];

    public override string Of(TransferProgress progress) => progress.Phase switch
    {
        TransferPhase.Queued => "Preparing",
        TransferPhase.Waiting => "Waiting",
        TransferPhase.Transferring => "Pushing",
        TransferPhase.Complete => "Pushed",
        TransferPhase.AlreadyExists => "Layer already exists",
        TransferPhase.Mounted => $"Mounted from {progress.MountedFrom?.Path}",
        TransferPhase.Skipped => "Skipped foreign layer",
        _ => progress.Phase.ToString(),
    };
}
