using System.Buffers;
using System.Buffers.Binary;

namespace OciImages.Layers.Internal.Linux;

/// <summary>Reads the names in a directory with <c>getdents64</c>.</summary>
internal static class DirectoryEntries
{
    internal const byte TypeUnknown = 0;
    internal const byte TypeDirectory = 4;

    /// <summary>All entries but <c>.</c> and <c>..</c>, from the directory's start; names end with NUL.</summary>
    internal static List<DirectoryEntry> ReadAll(FileDescriptor directory, string path)
    {
        var entries = new List<DirectoryEntry>();
        if (Libc.Seek(directory.Value, 0, 0) < 0)
            throw StorageException.FromErrno(Errno.Last, "read the directory", path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
        try
        {
            while (true)
            {
                int read = Libc.GetDirectoryEntries(directory.Value, buffer);
                if (read < 0)
                    throw StorageException.FromErrno(Errno.Last, "read the directory", path);
                if (read == 0)
                    return entries;
                Add(buffer.AsSpan(0, read), entries);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // struct linux_dirent64: u64 inode, s64 offset, u16 record length, u8 type, name with NUL and padding.
    private static void Add(ReadOnlySpan<byte> records, List<DirectoryEntry> entries)
    {
        while (records.Length > 0)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(records[16..]);
            var name = records[19..length];
            name = name[..(name.IndexOf((byte)0) + 1)];
            if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                entries.Add(new DirectoryEntry(name.ToArray(), records[18]));
            records = records[length..];
        }
    }
}
