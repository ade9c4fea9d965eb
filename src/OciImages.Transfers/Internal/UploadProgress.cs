namespace OciImages.Transfers.Internal;

/// <summary>Passes on how far an upload is; the first report says that bytes are on their way.</summary>
internal sealed class UploadProgress(ProgressGate progress) : IProgress<long>
{
    private long _sent;
    private bool _hasStarted;

    public void Report(long value)
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            progress.Enter(TransferPhase.Transferring);
        }
        // It goes back when bytes are sent again.
        if (value > _sent)
            TransferTelemetry.Sent(value - _sent);
        _sent = value;
        progress.MoveTo(value);
    }
}
