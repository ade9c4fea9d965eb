namespace OciImages.Transfers.Internal;

/// <summary>One caller's part in a <see cref="SharedTransfer"/>.</summary>
internal sealed class JoinedTransfer(SharedTransfer transfer, IProgress<TransferProgress>? progress) : IAsyncDisposable
{
    private bool _left;

    /// <summary>Waits for the transfer's end; cancelling the wait does not end it for others.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => transfer.Completion.WaitAsync(cancellationToken);

    /// <summary>The transfer's end itself, for the transfer of the layer above.</summary>
    public Task Completion => transfer.Completion;

    /// <summary>The last report of the transfer: after its end, what it came to.</summary>
    public TransferProgress? Last => transfer.Last;

    public ValueTask DisposeAsync()
    {
        if (_left)
            return ValueTask.CompletedTask;
        _left = true;
        return transfer.LeaveAsync(progress);
    }
}
