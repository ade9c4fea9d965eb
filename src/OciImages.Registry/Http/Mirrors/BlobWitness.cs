namespace OciImages.Registry.Http.Mirrors;

/// <summary>
/// Hashes a blob that a mirror serves as it passes, over all connections that bring it. Whoever reads it hashes it too, but only here
/// it is known which mirror it came from.
/// </summary>
/// <remarks>Works when the bytes come in order from the first on; else it steps aside.</remarks>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class BlobWitness(Digest digest)
{
    private readonly Lock _lock = new();
    private readonly HashSet<MirrorHost> _mirrors = [];
    private Digester? _hash = digest.Algorithm.CreateDigester();

    /// <summary>Takes bytes.</summary>
    /// <param name="from">The mirror that they are from; null for the registry.</param>
    /// <param name="position">Where in the blob they are.</param>
    /// <param name="bytes">The bytes.</param>
    public void Append(MirrorHost? from, long position, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_hash is not { } hash)
                return;
            if (position > hash.Length)
            {
                Stop();
                return;
            }
            // A registry that ignores ranges sends the start again.
            long known = hash.Length - position;
            if (known >= bytes.Length)
                return;
            hash.Append(bytes[(int)known..]);
            if (from is not null)
                _mirrors.Add(from);
        }
    }

    /// <summary>Notes that a mirror gives bytes that are told later, in their order.</summary>
    public void Note(MirrorHost mirror)
    {
        lock (_lock)
        {
            if (_hash is not null)
                _mirrors.Add(mirror);
        }
    }

    /// <summary>The blob is complete: judges the mirrors that it came from.</summary>
    public void Complete()
    {
        bool isGood;
        lock (_lock)
        {
            if (_hash is not { } hash)
                return;
            isGood = hash.GetDigest() == digest;
            Stop();
        }
        foreach (var mirror in _mirrors)
        {
            if (isGood)
                mirror.Succeeded();
            else
                mirror.Poisoned($"blob {digest}");
        }
    }

    private void Stop()
    {
        _hash?.Dispose();
        _hash = null;
    }
}
