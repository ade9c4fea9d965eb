namespace OciImages.Transfers.Internal;

/// <summary>Waits for several transfers.</summary>
internal static class TransferWait
{
    /// <summary>Waits for all; the first failure ends the wait, so that the others are left at once instead of going on for nothing.</summary>
    public static async Task AllAsync(IEnumerable<JoinedTransfer> joined, CancellationToken cancellationToken)
    {
        var waits = joined.Select(transfer => transfer.WaitAsync(cancellationToken)).ToList();
        while (waits.Count > 0)
        {
            var ended = await Task.WhenAny(waits).ConfigureAwait(false);
            waits.Remove(ended);
            await ended.ConfigureAwait(false);
        }
    }
}
