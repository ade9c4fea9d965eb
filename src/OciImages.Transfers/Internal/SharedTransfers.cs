namespace OciImages.Transfers.Internal;

/// <summary>
/// Runs each transfer once however many callers want it. A transfer goes on while anyone is joined and is cancelled when the last one leaves.
/// </summary>
internal sealed class SharedTransfers<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, SharedTransfer> _running = [];

    /// <summary>Joins the running transfer with the key, or starts it.</summary>
    /// <param name="key">What makes two transfers the same.</param>
    /// <param name="progress">Gets the last report so far, then all further ones, in order.</param>
    /// <param name="run">The work. It reports through the transfer it is given, and ends when that is cancelled.</param>
    /// <returns>The caller's part in the transfer; disposing it leaves.</returns>
    public JoinedTransfer Join(TKey key, IProgress<TransferProgress>? progress, Func<SharedTransfer, Task> run)
    {
        SharedTransfer? transfer;
        bool isNew = false;
        lock (_running)
        {
            // A transfer that is being cancelled can no longer be joined: start a fresh one, it waits for what the old one holds.
            if (!_running.TryGetValue(key, out transfer) || !transfer.TryJoin())
            {
                transfer = new SharedTransfer();
                _running[key] = transfer;
                isNew = true;
            }
        }
        transfer.Subscribe(progress);
        // Outside the lock, and synchronously up to its first wait: transfers queue for their places in the order in which they are joined.
        if (isNew)
            _ = RunAsync(key, transfer, run);
        return new JoinedTransfer(transfer, progress);
    }

    private async Task RunAsync(TKey key, SharedTransfer transfer, Func<SharedTransfer, Task> run)
    {
        var work = run(transfer);
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Forget(key, transfer);
        transfer.End(work);
    }

    private void Forget(TKey key, SharedTransfer transfer)
    {
        lock (_running)
        {
            if (_running.TryGetValue(key, out var current) && ReferenceEquals(current, transfer))
                _running.Remove(key);
        }
    }
}
