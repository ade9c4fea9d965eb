using System.Collections.Concurrent;

namespace OciImages.Benchmarks.Registries;

/// <summary>What all clients have done.</summary>
internal sealed class RegistryLoadCounts
{
    private long _pushes;
    private long _pulls;
    private long _bytesSent;
    private long _bytesReceived;

    public long Pushes => Volatile.Read(ref _pushes);

    public long Pulls => Volatile.Read(ref _pulls);

    public long BytesSent => Volatile.Read(ref _bytesSent);

    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    public ConcurrentDictionary<string, int> Failures { get; } = new(StringComparer.Ordinal);

    public void AddPush() => Interlocked.Increment(ref _pushes);

    public void AddPull() => Interlocked.Increment(ref _pulls);

    public void AddSent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);

    public void AddReceived(long bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    public void AddFailure(string what) => Failures.AddOrUpdate(what, 1, static (_, count) => count + 1);
}
