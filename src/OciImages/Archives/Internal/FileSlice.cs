using Microsoft.Win32.SafeHandles;

namespace OciImages.Archives.Internal;

/// <summary>A part of a file, read forward; several may be read at the same time.</summary>
internal sealed class FileSlice(SafeFileHandle file, long offset, long length) : ReadOnlyForwardStream
{
    private long _position = offset;
    private long _left = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        int read = await RandomAccess.ReadAsync(file, buffer[..(int)Math.Min(buffer.Length, _left)], _position, cancellationToken).ConfigureAwait(false);
        if (read == 0)
            throw new OciException(OciErrorKind.InvalidInput, "The archive became shorter while it was read.");
        _position += read;
        _left -= read;
        return read;
    }
}
