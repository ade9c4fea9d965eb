using System.Buffers;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Trees;

/// <summary>Copies the content of files inside the kernel: shared extents where the file system can, else without passing through memory.</summary>
internal sealed class FileCopy
{
    private bool _canClone = true;
    private bool _canCopyRange = true;

    /// <summary>Copies everything from one open file to another, empty one; holes stay holes.</summary>
    /// <returns>0, or the error number.</returns>
    internal int Copy(FileDescriptor source, FileDescriptor target, in StatxData data)
    {
        if (data.Size == 0)
            return 0;
        if (_canClone)
        {
            if (Libc.IoControl(target.Value, Libc.FiClone, source.Value) == 0)
                return 0;
            _canClone = false; // both lie on one file system: what it cannot do once it cannot do at all
        }
        return data.Blocks * 512 < data.Size ? CopySparse(source, target, (long)data.Size) : CopyRange(source, target, (long)data.Size);
    }

    private int CopySparse(FileDescriptor source, FileDescriptor target, long size)
    {
        for (long position = 0; position < size;)
        {
            long start = Libc.Seek(source.Value, position, Libc.SeekData);
            if (start < 0)
                break; // ENXIO: a hole up to the end
            long end = Libc.Seek(source.Value, start, Libc.SeekHole);
            if (end < 0 || Libc.Seek(source.Value, start, 0) < 0 || Libc.Seek(target.Value, start, 0) < 0)
                return Errno.Last;
            if (CopyRange(source, target, end - start) is var errno and not 0)
                return errno;
            position = end;
        }
        return Libc.Truncate(target.Value, size) == 0 ? 0 : Errno.Last;
    }

    private int CopyRange(FileDescriptor source, FileDescriptor target, long length)
    {
        while (_canCopyRange && length > 0)
        {
            nint copied = Libc.CopyFileRange(source.Value, target.Value, (nint)Math.Min(length, 1 << 30));
            if (copied == 0)
                return 0;
            if (copied > 0)
                length -= copied;
            else if (Errno.Last is Errno.NotImplemented or Errno.NotSupported or Errno.CrossDevice or Errno.Invalid)
                _canCopyRange = false;
            else if (Errno.Last != Errno.Interrupted)
                return Errno.Last;
        }
        return length > 0 ? CopyThroughMemory(source, target, length) : 0;
    }

    private static int CopyThroughMemory(FileDescriptor source, FileDescriptor target, long length)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            while (length > 0)
            {
                nint read = Libc.Read(source.Value, buffer, (nint)Math.Min(buffer.Length, length));
                if (read == 0)
                    return 0;
                if (read < 0)
                    return Errno.Last;
                length -= read;
                for (int written = 0; written < read;)
                {
                    nint step = Libc.Write(target.Value, buffer.AsSpan(written), read - written);
                    if (step < 0)
                        return Errno.Last;
                    written += (int)step;
                }
            }
            return 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
