using System.Buffers;
using System.Runtime.InteropServices;

namespace OciImages.Content.Memory;

/// <summary>The data of an ingest, open or left.</summary>
internal sealed class MemoryIngest(string id, DateTimeOffset startedAt)
{
    private readonly ArrayBufferWriter<byte> _data = new();
    private long _updatedAt = startedAt.UtcTicks;
    private long _length;

    internal string Id => id;

    internal bool IsOpen { get; set; }

    internal long Length => Interlocked.Read(ref _length);

    internal IngestStatus Status =>
        new(id, Length, startedAt, new DateTimeOffset(Interlocked.Read(ref _updatedAt), TimeSpan.Zero), IsOpen);

    /// <summary>What is written, not copied: whoever takes it writes no more.</summary>
    internal ArraySegment<byte> Written =>
        MemoryMarshal.TryGetArray(_data.WrittenMemory, out var written) ? written : ArraySegment<byte>.Empty;

    internal void Append(ReadOnlySpan<byte> bytes, DateTimeOffset now)
    {
        if ((long)_data.WrittenCount + bytes.Length > Array.MaxLength)
            throw new OciException(OciErrorKind.Unsupported, $"The ingest is larger than {Array.MaxLength} bytes, the most that is kept in memory.");
        _data.Write(bytes);
        Changed(now);
    }

    internal void Clear(DateTimeOffset now)
    {
        _data.ResetWrittenCount();
        Changed(now);
    }

    // A listing reads these while the writer writes.
    private void Changed(DateTimeOffset now)
    {
        Interlocked.Exchange(ref _length, _data.WrittenCount);
        Interlocked.Exchange(ref _updatedAt, now.UtcTicks);
    }
}
