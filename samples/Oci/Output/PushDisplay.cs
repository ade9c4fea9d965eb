using OciImages;
using OciImages.Transfers;

namespace Oci.Output;

/// <summary>One line per change of a layer's phase, in docker's words.</summary>
internal sealed class PushDisplay(TextWriter output) : IProgress<TransferProgress>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, TransferPhase> _phases = [];

    public void Report(TransferProgress value)
    {
        lock (_lock)
        {
            if (_phases.TryGetValue(value.Digest, out var last) && last == value.Phase)
                return;
            _phases[value.Digest] = value.Phase;
            output.WriteLine($"{value.Digest.Hex[..12]}: {Words(value)}");
        }
    }

    private static string Words(TransferProgress progress) => progress.Phase switch
    {
        TransferPhase.Queued => "Preparing",
        TransferPhase.Waiting => "Waiting",
        TransferPhase.Transferring => "Pushing",
        TransferPhase.Complete => "Pushed",
        TransferPhase.AlreadyExists => "Layer already exists",
        TransferPhase.Mounted => $"Mounted from {progress.MountedFrom?.Path}",
        _ => progress.Phase.ToString(),
    };
}
