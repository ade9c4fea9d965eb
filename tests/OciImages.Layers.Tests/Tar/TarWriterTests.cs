using System.Diagnostics;
using System.Text;
using OciImages.Layers.Tar;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Tar;

public class TarWriterTests
{
    [Fact]
    public async Task Write_WhatDockerCommitted_GivesItsBytes()
    {
        byte[] committed = await File.ReadAllBytesAsync(RepositoryRoot.Corpus("docker/commit-pax.tar"), TestContext.Current.CancellationToken);
        var entries = new List<(TarEntry, byte[])>();
        foreach (TarReading.Member member in await TarReading.ReadAllAsync(committed))
        {
            // dockerd before 24 kept the bits of the type in the mode.
            int type = member.Entry.Type switch { TarEntryType.Directory => 0x4000, TarEntryType.SymbolicLink => 0xa000, _ => 0x8000 };
            entries.Add((With(member.Entry, member.Entry.Mode | type), member.Content));
        }
        Assert.Equal(committed, await WriteAsync(entries));
    }

    [Fact]
    public async Task Write_RandomEntries_AreReadBackAsTheyWere()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var entries = Enumerable.Range(0, 300).Select(_ => RandomEntries.Make(random)).ToList();
        byte[] tar = await WriteAsync(entries, new TarWriterOptions { SubSecondTimes = true });
        var read = await TarReading.ReadAllAsync(tar);
        Assert.True(read.Count == entries.Count, $"seed {seed}");
        for (int i = 0; i < read.Count; i++)
        {
            Assert.True(RandomEntries.Describe(entries[i].Entry) == RandomEntries.Describe(read[i].Entry), $"seed {seed}, entry {i}: {RandomEntries.Describe(entries[i].Entry)} became {RandomEntries.Describe(read[i].Entry)}");
            Assert.True(entries[i].Content.AsSpan().SequenceEqual(read[i].Content), $"seed {seed}, entry {i}");
        }
        Assert.Equal(tar, await WriteAsync(entries, new TarWriterOptions { SubSecondTimes = true }));
    }

    [Fact]
    public async Task Write_AnyEntries_AreListedByGnuTar()
    {
        string gnuTar = Peers.Require("tar");
        using var directory = new TempDirectory();
        string path = Path.Combine(directory.Path, "a.tar");
        string deep = string.Join('/', Enumerable.Repeat("directory", 20)) + "/file";
        await File.WriteAllBytesAsync(path, await WriteAsync(
            [
                (new TarEntry { Type = TarEntryType.Directory, Name = "d"u8.ToArray(), Mode = 0x1ed }, []),
                (new TarEntry { Type = TarEntryType.File, Name = "d/f"u8.ToArray(), Mode = 0x1a4, Size = 3, UserId = 4_000_000_000, ModificationTime = new(-5, 5) }, "abc"u8.ToArray()),
                (new TarEntry { Type = TarEntryType.HardLink, Name = Encoding.ASCII.GetBytes(deep), LinkName = "d/f"u8.ToArray(), Mode = 0x1a4 }, []),
                (new TarEntry { Type = TarEntryType.SymbolicLink, Name = "é"u8.ToArray(), LinkName = Encoding.UTF8.GetBytes("ü" + new string('x', 200)), Mode = 0x1ff }, []),
            ]), TestContext.Current.CancellationToken);
        using Process process = Process.Start(new ProcessStartInfo(gnuTar, ["--utc", "--numeric-owner", "--full-time", "-tvf", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C.UTF-8" },
        })!;
        string[] lines = (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            [
                "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 d/",
                "-rw-r--r-- 4000000000/0 3 1969-12-31 23:59:55 d/f",
                $"hrw-r--r-- 0/0 0 1970-01-01 00:00:00 {deep} link to d/f",
                $"lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 é -> ü{new string('x', 200)}",
            ],
            lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task WriteEntry_ContentOfAnotherSize_Throws(int size)
    {
        OciException error = await Assert.ThrowsAsync<OciException>(() => WriteAsync([(new TarEntry { Type = TarEntryType.File, Name = "f"u8.ToArray(), Size = 3 }, new byte[size])]));
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Contains("\"f\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteEntry_BadEntries_AreRefused()
    {
        byte[] name = "f"u8.ToArray();
        TarEntry[] bad =
        [
            new() { Type = TarEntryType.File, Name = default },
            new() { Type = TarEntryType.File, Name = "a\0b"u8.ToArray() },
            new() { Type = TarEntryType.HardLink, Name = name },
            new() { Type = TarEntryType.SymbolicLink, Name = name, LinkName = "\0"u8.ToArray() },
            new() { Type = TarEntryType.File, Name = name, Size = -1 },
            new() { Type = TarEntryType.Fifo, Name = name, Size = 1 },
            new() { Type = TarEntryType.File, Name = name, Mode = -1 },
            new() { Type = TarEntryType.CharacterDevice, Name = name, DeviceMajor = uint.MaxValue },
            new() { Type = TarEntryType.File, Name = name, UserName = "a\0" },
            new() { Type = TarEntryType.File, Name = name, ExtendedAttributes = [new("user.a=b", name)] },
            new() { Type = TarEntryType.File, Name = name, ExtendedAttributes = [new("user.a", new byte[1 << 20])] },
            new() { Type = TarEntryType.File, Name = name, SparseMap = [] },
        ];
        foreach (TarEntry entry in bad)
            Assert.Equal(OciErrorKind.InvalidInput, (await Assert.ThrowsAsync<OciException>(() => WriteAsync([(entry, [])]))).Kind);
        var unknown = new TarEntry { Type = TarEntryType.Unknown, Name = name };
        Assert.Equal(OciErrorKind.Unsupported, (await Assert.ThrowsAsync<OciException>(() => WriteAsync([(unknown, [])]))).Kind);
    }

    [Fact]
    public async Task WriteEntry_AfterAnErrorOrTheEnd_Throws()
    {
        var writer = new TarWriter(new MemoryStream());
        var entry = new TarEntry { Type = TarEntryType.File, Name = "f"u8.ToArray() };
        await writer.CompleteAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WriteEntryAsync(entry, null, TestContext.Current.CancellationToken));
        writer = new TarWriter(new MemoryStream());
        await Assert.ThrowsAsync<OciException>(async () => await writer.WriteEntryAsync(entry, new MemoryStream(new byte[1]), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CompleteAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Complete_NoEntries_Is1024Zeros() => Assert.Equal(new byte[1024], await WriteAsync([]));

    internal static async Task<byte[]> WriteAsync(List<(TarEntry Entry, byte[] Content)> entries, TarWriterOptions? options = null)
    {
        using var output = new MemoryStream();
        var writer = new TarWriter(output, options);
        foreach ((TarEntry entry, byte[] content) in entries)
            await writer.WriteEntryAsync(entry, new MemoryStream(content));
        await writer.CompleteAsync();
        return output.ToArray();
    }

    private static TarEntry With(TarEntry entry, int mode) => new()
    {
        Type = entry.Type,
        Name = entry.Name,
        LinkName = entry.LinkName,
        Size = entry.Size,
        Mode = mode,
        UserId = entry.UserId,
        GroupId = entry.GroupId,
        UserName = entry.UserName,
        GroupName = entry.GroupName,
        ModificationTime = entry.ModificationTime,
        ExtendedAttributes = entry.ExtendedAttributes,
    };
}
