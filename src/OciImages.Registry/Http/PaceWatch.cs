namespace OciImages.Registry.Http;

/// <summary>
/// Ends a connection that brings bytes, but so few that reading it would have no end. Only the time spent waiting for it counts: a slow reader is
/// nobody's fault.
/// </summary>
/// <threadsafety>One connection, one reader.</threadsafety>
internal sealed class PaceWatch(int leastBytesPerMinute, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private TimeSpan _waited;
    private long _bytes;
    private long _started;

    public void Start() => _started = clock.GetTimestamp();

    /// <summary>Notes what a wait brought.</summary>
    /// <exception cref="TimeoutException">In a minute of waiting there came less than the least.</exception>
    public void Stop(int count)
    {
        _waited += clock.GetElapsedTime(_started);
        _bytes += count;
        if (_waited < Window)
            return;
        if (_bytes < leastBytesPerMinute)
            throw new TimeoutException($"only {_bytes} bytes came within {_waited.TotalSeconds:0} s");
        (_waited, _bytes) = (TimeSpan.Zero, 0);
    }
}
