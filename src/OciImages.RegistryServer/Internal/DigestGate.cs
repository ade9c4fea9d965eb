namespace OciImages.RegistryServer.Internal;

/// <summary>
/// A lock per digest: between the commit of content and the moment when a repository has it, nobody may find that no repository has it
/// and delete it. It costs nothing for digests that nobody holds.
/// </summary>
internal sealed class DigestGate
{
    private readonly Dictionary<Digest, Entry> _entries = [];

    internal async ValueTask<IDisposable> EnterAsync(Digest digest, CancellationToken cancellationToken)
    {
        Entry? entry;
        lock (_entries)
        {
            if (!_entries.TryGetValue(digest, out entry))
                _entries.Add(digest, entry = new Entry());
            entry.Users++;
        }
        try
        {
            await entry.Semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave(digest, entry);
            throw;
        }
        return new Hold(this, digest, entry);
    }

    private void Leave(Digest digest, Entry entry)
    {
        lock (_entries)
        {
            if (--entry.Users > 0)
                return;
            _entries.Remove(digest);
        }
        entry.Semaphore.Dispose();
    }

    private sealed class Entry
    {
        public SemaphoreSlim Semaphore { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Hold(DigestGate owner, Digest digest, Entry entry) : IDisposable
    {
        private Entry? _entry = entry;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _entry, null) is not { } held)
                return;
            held.Semaphore.Release();
            owner.Leave(digest, held);
        }
    }
}
