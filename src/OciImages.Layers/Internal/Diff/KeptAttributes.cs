using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Microsoft.Extensions.Logging;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Diff;

/// <summary>The extended attributes of an inode that belong into a layer.</summary>
/// <param name="withUser">Whether those of the class <c>user</c> do.</param>
/// <param name="isOverlay">Whether the inode lies in an overlay's upper directory.</param>
/// <param name="logger">Gets warnings.</param>
internal sealed class KeptAttributes(bool withUser, bool isOverlay, ILogger logger)
{
    // XATTR_SIZE_MAX and XATTR_LIST_MAX
    private const int MaxSize = 64 * 1024;

    /// <summary>Reads them, sorted by name.</summary>
    internal List<KeyValuePair<string, ReadOnlyMemory<byte>>> Read(OpenNode node)
    {
        var kept = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        byte[] path = CString.OfDescriptor(node.Descriptor.Value);
        byte[] names = ArrayPool<byte>.Shared.Rent(MaxSize);
        try
        {
            int length = (int)Libc.ListAttributesPath(path, names, MaxSize);
            if (length < 0)
                return Errno.Last == Errno.NotSupported ? kept : throw StorageException.FromErrno(Errno.Last, "list the extended attributes", node.ToString());
            for (var rest = names.AsSpan(0, length); rest.Length > 0;)
            {
                var name = rest[..(rest.IndexOf((byte)0) + 1)];
                rest = rest[name.Length..];
                if (IsKept(name[..^1], node) && ReadValue(path, name, node) is { } value)
                    kept.Add(new(Encoding.UTF8.GetString(name[..^1]), value));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(names);
        }
        kept.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return kept;
    }

    /// <summary>Whether two inodes have the same.</summary>
    internal bool AreEqual(OpenNode a, OpenNode b)
    {
        var first = Read(a);
        var second = Read(b);
        if (first.Count != second.Count)
            return false;
        for (int i = 0; i < first.Count; i++)
        {
            if (first[i].Key != second[i].Key || !first[i].Value.Span.SequenceEqual(second[i].Value.Span))
                return false;
        }
        return true;
    }

    private bool IsKept(ReadOnlySpan<byte> name, OpenNode node)
    {
        if (name.SequenceEqual("security.capability"u8))
            return true;
        if (isOverlay && (IsOverlay(name, "redirect"u8) || IsOverlay(name, "metacopy"u8)))
            throw new OciException(
                OciErrorKind.Unsupported,
                $"Cannot make a layer of {node}: overlay was mounted with redirect_dir or metacopy, and keeps only a part of it here.");
        if (!withUser || !name.StartsWith("user."u8) || name.StartsWith("user.overlay."u8))
            return false;
        // A PAX record ends its keyword with "=".
        if (!name.Contains((byte)'=') && Utf8.IsValid(name))
            return true;
        logger.AttributeLeftOut(CString.ToDisplay(name), node.ToString());
        return false;
    }

    private static bool IsOverlay(ReadOnlySpan<byte> name, ReadOnlySpan<byte> end)
    {
        var prefix = UserNamespace.IsInside ? "user.overlay."u8 : "trusted.overlay."u8;
        return name.StartsWith(prefix) && name[prefix.Length..].SequenceEqual(end);
    }

    private static byte[]? ReadValue(byte[] path, ReadOnlySpan<byte> name, OpenNode node)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxSize);
        try
        {
            int size = (int)Libc.GetAttributePath(path, name, buffer, MaxSize);
            if (size < 0)
                return Errno.Last == Errno.NoData ? null : throw StorageException.FromErrno(Errno.Last, "read an extended attribute", node.ToString());
            byte[] value = buffer[..size];
            return name[..^1].SequenceEqual("security.capability"u8) ? WithoutNamespace(value) : value;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Makes capabilities of version 3 ones of version 2: the user namespace they are bound to means nothing elsewhere.</summary>
    private static byte[] WithoutNamespace(byte[] capability)
    {
        const int versionOffset = 3, version2 = 2, version3 = 3, version2Size = 20;
        if (capability.Length < version2Size || capability[versionOffset] != version3)
            return capability;
        capability[versionOffset] = version2;
        return capability[..version2Size];
    }
}
