namespace OciImages.Layers.Internal.Store;

/// <summary>One lock per key, for tasks of one process.</summary>
internal sealed class KeyedLock<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, Slot> _slots = [];

    /// <summary>Waits for a key.</summary>
    /// <returns>What gives it back when disposed.</returns>
    internal async ValueTask<IDisposable> EnterAsync(TKey key, CancellationToken cancellationToken)
    {
        Slot slot;
        lock (_slots)
        {
            if (!_slots.TryGetValue(key, out slot!))
                _slots.Add(key, slot = new Slot(this, key));
            slot.Users++;
        }
        try
        {
            await slot.Semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
            return slot;
        }
        catch
        {
            Leave(slot);
            throw;
        }
    }

    private void Leave(Slot slot)
    {
        lock (_slots)
        {
            if (--slot.Users > 0)
                return;
            _slots.Remove(slot.Key);
        }
        slot.Semaphore.Dispose();
    }

    private sealed class Slot(KeyedLock<TKey> owner, TKey key) : IDisposable
    {
        internal TKey Key { get; } = key;

        internal SemaphoreSlim Semaphore { get; } = new(1);

        internal int Users { get; set; }

        public void Dispose()
        {
            Semaphore.Release();
            owner.Leave(this);
        }
    }
}
