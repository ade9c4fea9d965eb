namespace OciImages.Registry.Http.Mirrors;

/// <summary>Where one operation has been: a mirror that did not help it is not asked by it again.</summary>
/// <threadsafety>Safe for use by many threads: one operation may have several requests under way.</threadsafety>
internal sealed class MirrorTrail
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(MirrorHost Host, long Start), bool> _tried = [];
    private readonly HashSet<MirrorHost> _left = [];
    private BlobWitness? _witness;

    /// <summary>The mirror whose answer came last; null when it was the registry's.</summary>
    public MirrorHost? Last { get; private set; }

    /// <summary>Begins an attempt at a mirror, from a byte on.</summary>
    /// <param name="host">The mirror.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="isLastResort">Whether nobody else is left.</param>
    /// <returns>
    /// Whether to go on: not when the operation has left the mirror, and only as a last resort when it was asked for the same before. A blob that
    /// came further since continues at the same mirror.
    /// </returns>
    public bool TryBegin(MirrorHost host, long start, bool isLastResort)
    {
        lock (_lock)
        {
            if (_left.Contains(host))
                return false;
            if (_tried.TryAdd((host, start), false))
                return true;
            bool hadAnswered = _tried[(host, start)];
            _tried[(host, start)] = false;
            if (!hadAnswered)
                return isLastResort;
        }
        // It had answered, and yet the operation is no further: its body broke off.
        host.Failed();
        return isLastResort;
    }

    /// <summary>Notes whose answer is given to the operation.</summary>
    public void Answered(MirrorHost? host, long start)
    {
        lock (_lock)
        {
            Last = host;
            if (host is not null)
                _tried[(host, start)] = true;
        }
    }

    /// <summary>Notes that the operation cannot use what a mirror answers: it is not asked again.</summary>
    public void Leave(MirrorHost host)
    {
        lock (_lock)
        {
            _left.Add(host);
            if (Last == host)
                Last = null;
        }
    }

    /// <summary>Who watches the blob of this operation; made at the first mirror's answer, as the registry itself needs no watching.</summary>
    public BlobWitness? WitnessFor(Digest? digest, bool isFromMirror)
    {
        lock (_lock)
        {
            if (isFromMirror && digest is { } blob)
                _witness ??= new BlobWitness(blob);
            return _witness;
        }
    }
}
