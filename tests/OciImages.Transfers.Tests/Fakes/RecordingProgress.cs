using System.Collections.Concurrent;

namespace OciImages.Transfers.Tests.Fakes;

/// <summary>Keeps all reports, and lets a test wait for one.</summary>
internal sealed class RecordingProgress : IProgress<TransferProgress>
{
    private readonly ConcurrentDictionary<(Digest, TransferPhase), TaskCompletionSource> _seen = new();

    public ConcurrentQueue<TransferProgress> Reports { get; } = [];

    public IReadOnlyList<TransferPhase> PhasesOf(LayerDownload layer)
    {
        var phases = new List<TransferPhase>();
        foreach (var report in Reports.Where(report => report.Digest == layer.Blob.Digest))
        {
            if (phases.Count == 0 || phases[^1] != report.Phase)
                phases.Add(report.Phase);
        }
        return phases;
    }

    public Task SeenAsync(LayerDownload layer, TransferPhase phase) =>
        Source(layer.Blob.Digest, phase).Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Report(TransferProgress value)
    {
        Reports.Enqueue(value);
        Source(value.Digest, value.Phase).TrySetResult();
    }

    private TaskCompletionSource Source(Digest digest, TransferPhase phase) =>
        _seen.GetOrAdd((digest, phase), _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
