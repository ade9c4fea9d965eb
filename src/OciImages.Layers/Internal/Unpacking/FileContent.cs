using System.Buffers;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Copies members' content to open files, with one large buffer for all and no stream in between.</summary>
internal sealed class FileContent(TarReader tar, string rootPath) : IDisposable
{
    private const int BufferSize = 128 * 1024;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);

    internal async ValueTask CopyAsync(TarEntry entry, FileDescriptor file, MemberPath path, CancellationToken cancellationToken)
    {
        if (entry.SparseMap is { } map)
        {
            await CopySparseAsync(map, entry, file, path, cancellationToken).ConfigureAwait(false);
            return;
        }
        while (await tar.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false) is var read and > 0)
            Write(file, _buffer.AsSpan(0, read), path);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private async ValueTask CopySparseAsync(
        IReadOnlyList<TarSparseSegment> map, TarEntry entry, FileDescriptor file, MemberPath path, CancellationToken cancellationToken)
    {
        if (Libc.Truncate(file.Value, entry.Size) != 0)
            throw Fail(path);
        foreach (var segment in map)
        {
            if (segment.Offset < 0 || segment.Length < 0 || segment.Offset > entry.Size - segment.Length)
                throw new OciException(OciErrorKind.InvalidInput, $"The layer is malformed: the sparse map of {path} leads out of the file.");
            if (Libc.Seek(file.Value, segment.Offset, 0) < 0)
                throw Fail(path);
            for (long left = segment.Length; left > 0;)
            {
                int read = await tar.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(left, BufferSize)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    throw new OciException(OciErrorKind.InvalidInput, $"The layer is malformed: {path} has less content than its sparse map says.");
                Write(file, _buffer.AsSpan(0, read), path);
                left -= read;
            }
        }
    }

    private void Write(FileDescriptor file, ReadOnlySpan<byte> content, MemberPath path)
    {
        while (content.Length > 0)
        {
            nint written = Libc.Write(file.Value, content, content.Length);
            if (written >= 0)
                content = content[(int)written..];
            else if (Errno.Last != Errno.Interrupted)
                throw Fail(path);
        }
    }

    private OciException Fail(MemberPath path) => UnpackErrors.From(Errno.Last, "write the file", rootPath, path.ToString());
}
