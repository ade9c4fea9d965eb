namespace OciImages.Layers.Internal.Linux;

/// <summary>Reads an open file forward with plain calls: rebuilding a layer opens thousands of small files.</summary>
/// <param name="file">The file, disposed with the stream.</param>
/// <param name="length">Its size in bytes.</param>
/// <param name="path">The path for messages.</param>
internal sealed class DescriptorStream(FileDescriptor file, long length, string path) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(file.IsClosed, this);
        while (true)
        {
            nint read = Libc.Read(file.Value, buffer, buffer.Length);
            if (read >= 0)
            {
                _position += read;
                return (int)read;
            }
            if (Errno.Last != Errno.Interrupted)
                throw StorageException.FromErrno(Errno.Last, "read the file", path);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
