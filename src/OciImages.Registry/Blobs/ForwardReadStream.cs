namespace OciImages.Registry.Blobs;

/// <summary>A stream that is read forward and asynchronously only.</summary>
internal abstract class ForwardReadStream : Stream
{
    /// <summary>Whether it was disposed.</summary>
    protected bool IsDisposed { get; private set; }

    public override bool CanRead => !IsDisposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The stream of a blob cannot seek; its size is in the descriptor.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream of a blob cannot seek.");
        set => throw new NotSupportedException("The stream of a blob cannot seek.");
    }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("The stream of a blob is read asynchronously only.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream of a blob cannot seek.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream of a blob cannot be written.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream of a blob cannot be written.");

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
