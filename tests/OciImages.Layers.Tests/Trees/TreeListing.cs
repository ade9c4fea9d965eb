using System.Security.Cryptography;
using System.Text;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Unpacking;

namespace OciImages.Layers.Tests.Trees;

/// <summary>Lists trees with everything that makes them up.</summary>
public static class TreeListing
{
    /// <summary>All nodes by path; the root's is "".</summary>
    public static Dictionary<string, TreeNode> Of(string root)
    {
        var nodes = new Dictionary<string, TreeNode>(StringComparer.Ordinal);
        using var directory = FileDescriptor.OpenDirectory(root);
        nodes.Add("", Read(directory, ".\0"u8.ToArray()));
        Add(directory, "", nodes);
        return nodes;
    }

    /// <summary>The tree with the vfs driver's records applied: what it would be with root's rights.</summary>
    public static Dictionary<string, TreeNode> Of(string root, string recordsPath)
    {
        var nodes = Of(root);
        foreach (string path in nodes.Keys.ToList())
            nodes[path] = nodes[path] with { UserId = 0, GroupId = 0 };
        foreach (var record in MemberRecordReader.Read(recordsPath))
        {
            string path = Encoding.Latin1.GetString(record.Path);
            var node = nodes[path];
            var attributes = new Dictionary<string, string>(node.ExtendedAttributes);
            foreach (var (name, value) in record.ExtendedAttributes)
                attributes[name] = Convert.ToHexStringLower(value.Span);
            nodes[path] = node with
            {
                UserId = record.UserId ?? node.UserId,
                GroupId = record.GroupId ?? node.GroupId,
                Mode = record.Mode ?? node.Mode,
                Type = record.Device is null ? node.Type : record.Device[0],
                Content = record.Device is null ? node.Content : "",
                Device = record.Device is null ? node.Device : (record.Major, record.Minor),
                ExtendedAttributes = attributes,
            };
        }
        return nodes;
    }

    /// <summary>One line per node, sorted; for comparing trees.</summary>
    public static IReadOnlyList<string> Describe(IReadOnlyDictionary<string, TreeNode> nodes) =>
        [.. nodes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value.Describe()}")];

    private static void Add(FileDescriptor directory, string path, Dictionary<string, TreeNode> nodes)
    {
        foreach (var entry in DirectoryEntries.ReadAll(directory, path))
        {
            string child = (path.Length == 0 ? "" : path + "/") + Encoding.Latin1.GetString(entry.Bytes);
            var node = Read(directory, entry.Name);
            nodes.Add(child, node);
            if (node.Type != 'd')
                continue;
            using var below = directory.TryOpenChild(entry.Name, out int errno);
            Assert.True(below is not null, $"{child}: error {errno}");
            Add(below, child, nodes);
        }
    }

    private static TreeNode Read(FileDescriptor directory, byte[] name)
    {
        Assert.Equal(0, Libc.Statx(directory.Value, name, Libc.AtSymlinkNoFollow, out var data));
        return new TreeNode
        {
            Type = data.Type switch
            {
                FileModes.File => 'f',
                FileModes.Directory => 'd',
                FileModes.SymbolicLink => 'l',
                FileModes.CharacterDevice => 'c',
                FileModes.BlockDevice => 'b',
                FileModes.Fifo => 'p',
                _ => '?',
            },
            Mode = data.Permissions,
            UserId = data.UserId,
            GroupId = data.GroupId,
            Size = (long)data.Size,
            ModificationTime = (data.ModificationSeconds, data.ModificationNanoseconds),
            LinkCount = data.LinkCount,
            Inode = data.Inode,
            Device = (data.SpecialMajor, data.SpecialMinor),
            Content = Content(directory, name, data),
            ExtendedAttributes = Attributes(directory, name),
        };
    }

    private static string Content(FileDescriptor directory, byte[] name, in StatxData data)
    {
        if (data.Type == FileModes.SymbolicLink)
        {
            byte[] target = new byte[5000];
            return Encoding.Latin1.GetString(target, 0, (int)Libc.ReadLinkAt(directory.Value, name, target, target.Length));
        }
        if (data.Type != FileModes.File)
            return "";
        using var file = new FileDescriptor(Libc.OpenAt(directory.Value, name, Libc.OpenReadOnly | Libc.OpenNoFollow, 0));
        using var stream = new DescriptorStream(file, (long)data.Size, "");
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static Dictionary<string, string> Attributes(FileDescriptor directory, byte[] name)
    {
        var attributes = new Dictionary<string, string>();
        using var node = new FileDescriptor(Libc.OpenAt(directory.Value, name, Libc.OpenPath | Libc.OpenNoFollow, 0));
        byte[] path = CString.OfDescriptor(node.Value);
        byte[] names = new byte[65536], value = new byte[65536];
        int length = (int)Libc.ListAttributesPath(path, names, names.Length);
        foreach (string attribute in Encoding.UTF8.GetString(names, 0, Math.Max(0, length)).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            int size = (int)Libc.GetAttributePath(path, CString.From(attribute), value, value.Length);
            attributes[attribute] = Convert.ToHexStringLower(value.AsSpan(0, Math.Max(0, size)));
        }
        return attributes;
    }
}
