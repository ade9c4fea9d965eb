using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Diff;

/// <summary>Reads open files with plain calls.</summary>
internal static class FileReading
{
    /// <summary>Reads until the buffer is full or the file ends.</summary>
    /// <returns>How many bytes were read.</returns>
    internal static int Fill(FileDescriptor file, Span<byte> buffer, OpenNode node)
    {
        int length = 0;
        while (length < buffer.Length)
        {
            int read = (int)Libc.Read(file.Value, buffer[length..], buffer.Length - length);
            if (read == 0)
                break;
            if (read > 0)
                length += read;
            else if (Errno.Last != Errno.Interrupted)
                throw StorageException.FromErrno(Errno.Last, "read the file", node.ToString());
        }
        return length;
    }
}
