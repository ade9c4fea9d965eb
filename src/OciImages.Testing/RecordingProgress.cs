namespace OciImages.Testing;

/// <summary>
/// Keeps what is reported, in the order in which it came. Unlike <c>Progress</c> it does so before <see cref="Report"/>
/// returns, so that a test need not wait for it.
/// </summary>
/// <typeparam name="T">What is reported.</typeparam>
/// <threadsafety>Safe for use by many threads at once.</threadsafety>
public sealed class RecordingProgress<T> : IProgress<T>
{
    private readonly Lock _lock = new();
    private readonly List<T> _reports = [];

    /// <summary>A copy of what has been reported so far.</summary>
    public IReadOnlyList<T> Reports
    {
        get
        {
            lock (_lock)
                return [.. _reports];
        }
    }

    /// <inheritdoc/>
    public void Report(T value)
    {
        lock (_lock)
            _reports.Add(value);
    }
}
