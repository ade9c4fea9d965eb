using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Tests.Diff;

/// <summary>Changes a tree at random, with everything that a container can do to one. Needs root.</summary>
internal sealed class RandomTree(string root, Random random)
{
    private static readonly string[] Names = ["a", "b", "a.b", "a-b", "A", "é", "z" + new string('n', 120), ".hidden"];
    private static readonly byte[] Capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    private int _time = 1_000_000_000 + random.Next(100_000_000);

    public void Change(int steps)
    {
        for (int i = 0; i < steps; i++)
            Step();
    }

    private void Step()
    {
        List<string> all = [.. Below(root).Order(StringComparer.Ordinal)];
        List<string> directories = [root, .. all.Where(path => (Stat(path).Type) == FileModes.Directory)];
        string parent = directories[random.Next(directories.Count)];
        string path = Path.Combine(parent, Names[random.Next(Names.Length)]);
        string? existing = all.Count == 0 ? null : all[random.Next(all.Count)];
        switch (random.Next(14))
        {
            case 0 or 1 or 2:
                Remove(path);
                File.WriteAllBytes(path, Bytes());
                break;
            case 3 or 4:
                Remove(path);
                Directory.CreateDirectory(path);
                break;
            case 5:
                Remove(path);
                File.CreateSymbolicLink(path, $"../{Names[random.Next(Names.Length)]}");
                break;
            case 6:
                Remove(path);
                (uint type, uint device) = random.Next(3) switch { 0 => (FileModes.Fifo, 0u), 1 => (FileModes.CharacterDevice, 0x103u), _ => (FileModes.BlockDevice, 0x700u) };
                Assert.Equal(0, Libc.MknodAt(Libc.AtCurrentDirectory, CString.From(path), type | 0x1a4, device));
                break;
            case 7 when existing is not null && Stat(existing).Type != FileModes.Directory && existing != path && !existing.StartsWith(path + "/", StringComparison.Ordinal):
                Remove(path);
                Assert.Equal(0, Libc.LinkAt(Libc.AtCurrentDirectory, CString.From(existing), Libc.AtCurrentDirectory, CString.From(path), 0));
                break;
            case 8 or 9 when existing is not null:
                Remove(existing);
                return;
            case 10 when existing is not null && Stat(existing).Type != FileModes.SymbolicLink:
                path = existing;
                Assert.Equal(0, Libc.ChmodPath(CString.From(path), (uint)random.Next(0x1000) | 0x100));
                break;
            case 11 when existing is not null:
                path = existing;
                Assert.Equal(0, Libc.ChownAt(Libc.AtCurrentDirectory, CString.From(path), (uint)random.Next(3_000_000), (uint)random.Next(10), Libc.AtSymlinkNoFollow));
                break;
            case 12 when existing is not null && Stat(existing).Type == FileModes.File:
                path = existing;
                Libc.SetAttributePath(CString.From(path), random.Next(2) == 0 ? "user.k\0"u8 : "security.capability\0"u8, Capability, Capability.Length, 0);
                break;
            case 13 when existing is not null && Stat(existing).Type == FileModes.Directory:
                // Gone and made again in one step: what overlay calls opaque.
                Remove(existing);
                Directory.CreateDirectory(path = existing);
                break;
            default:
                return;
        }
        Touch(path);
    }

    private byte[] Bytes()
    {
        byte[] bytes = new byte[random.Next(3) * random.Next(3000)];
        random.NextBytes(bytes);
        return bytes;
    }

    private void Touch(string path)
    {
        // Each step has a second of its own: tars keep no more.
        var time = new Timespec(++_time, 0);
        Assert.Equal(0, Libc.SetTimesAt(Libc.AtCurrentDirectory, CString.From(path), [time, time], Libc.AtSymlinkNoFollow));
    }

    // The BCL's recursion would follow symbolic links.
    private static IEnumerable<string> Below(string directory) => Directory.EnumerateFileSystemEntries(directory)
        .SelectMany(path => Stat(path).Type == FileModes.Directory ? [path, .. Below(path)] : new[] { path });

    private static void Remove(string path)
    {
        if (Libc.Statx(Libc.AtCurrentDirectory, CString.From(path), Libc.AtSymlinkNoFollow, out StatxData data) != 0)
            return;
        if (data.IsDirectory)
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }

    private static StatxData Stat(string path)
    {
        Assert.Equal(0, Libc.Statx(Libc.AtCurrentDirectory, CString.From(path), Libc.AtSymlinkNoFollow, out StatxData data));
        return data;
    }
}
