namespace OciImages.Transfers.Internal;

/// <summary>Reports of one layer: every change of phase, and bytes no more often than the options say.</summary>
internal sealed class ProgressGate(SharedTransfer transfer, Descriptor blob, TransferOptions options, DiffId? diffId = null)
{
    private readonly Lock _lock = new();
    private long _lastReport;
    private long _current;

    public void Enter(TransferPhase phase, RepositoryName? mountedFrom = null)
    {
        lock (_lock)
        {
            _lastReport = options.TimeProvider.GetTimestamp();
            transfer.Report(new TransferProgress(blob.Digest, phase, _current, blob.Size) { DiffId = diffId, MountedFrom = mountedFrom });
        }
    }

    public void MoveTo(long current)
    {
        lock (_lock)
        {
            _current = current;
            if (options.TimeProvider.GetElapsedTime(_lastReport) < options.ProgressInterval && current < blob.Size)
                return;
            _lastReport = options.TimeProvider.GetTimestamp();
            transfer.Report(new TransferProgress(blob.Digest, TransferPhase.Transferring, current, blob.Size) { DiffId = diffId });
        }
    }
}
