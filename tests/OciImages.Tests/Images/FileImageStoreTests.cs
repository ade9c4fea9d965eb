using OciImages.TestSupport.Logging;
using System.Text;
using OciImages.Images;
using OciImages.IO;
using OciImages.TestSupport;

namespace OciImages.Tests.Images;

public sealed class FileImageStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly RecordingLogger<FileImageStore> _log = new();
    private readonly FileImageStore _store;

    public FileImageStoreTests() => _store = new FileImageStore(_directory["image/overlay2/imagedb"], null, _log);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EmptyStore_HasNothing_AndTouchesNothing()
    {
        var id = new ImageId(Digest.Compute("none"u8));
        Assert.Null(await _store.FindAsync(id));
        Assert.Null(await _store.FindByPrefixAsync("a"));
        Assert.Null(await _store.GetParentAsync(id));
        Assert.Null(await _store.GetLastUpdatedAsync(id));
        Assert.False(await _store.DeleteAsync(id));
        Assert.Empty(await _store.ListAsync().ToListAsync());
        Assert.Empty(await _store.ListChildrenAsync(id).ToListAsync());
        Assert.Equal(OciErrorKind.NotFound, await KindOfAsync(async () => await _store.SetLastUpdatedAsync(id, default)));
        Assert.Equal(OciErrorKind.NotFound, await KindOfAsync(async () => await _store.SetParentAsync(id, null)));
        Assert.False(Directory.Exists(_store.Root));
    }

    [Fact]
    public async Task Put_KeepsTheBytes_AsDockerDoes()
    {
        byte[] config = Config("1");
        var id = await _store.PutAsync(config);
        var found = await _store.FindAsync(id);

        Assert.Equal(new ImageId(Digest.Compute(config)), id);
        Assert.Equal(id, found!.Id);
        Assert.Equal(config, found.Bytes.ToArray());
        Assert.Equal("linux", found.Os);
        Assert.Equal(config, await File.ReadAllBytesAsync(ContentFile(id)));
        Assert.Equal(["content", "metadata"], Directory.GetDirectories(_store.Root).Select(Path.GetFileName).Order());
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(ContentFile(id)));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(_store.Root));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Path.GetDirectoryName(ContentFile(id))!));
    }

    [Fact]
    public async Task Put_Again_DoesNothing()
    {
        var id = await _store.PutAsync(Config("1"));
        File.SetLastWriteTimeUtc(ContentFile(id), DateTime.UnixEpoch);

        Assert.Equal(id, await _store.PutAsync(Config("1")));
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(ContentFile(id)));
    }

    [Fact]
    public async Task Put_OverADamagedFile_RepairsIt()
    {
        var id = await _store.PutAsync(Config("1"));
        await File.WriteAllTextAsync(ContentFile(id), "{}");
        await _store.PutAsync(Config("1"));

        Assert.Equal(id, (await _store.FindAsync(id))!.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("not json")]
    public async Task Put_NoConfig_IsRefused(string text)
    {
        Assert.Equal(OciErrorKind.InvalidInput, await KindOfAsync(async () => await _store.PutAsync(Encoding.UTF8.GetBytes(text))));
        Assert.Empty(await _store.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task DamagedConfigs_AreCorruptWhenRead_AndLeftOutOfLists()
    {
        var good = await _store.PutAsync(Config("good"));
        var changed = await _store.PutAsync(Config("changed"));
        var large = await _store.PutAsync(Config("large"));
        await File.AppendAllTextAsync(ContentFile(changed), " ");
        await File.WriteAllBytesAsync(ContentFile(large), new byte[5 << 20]);
        var noConfig = new ImageId(Digest.Compute("{}"u8));
        await File.WriteAllTextAsync(ContentFile(noConfig), "{}");

        foreach (var id in (ImageId[])[changed, large, noConfig])
        {
            var failure = await Assert.ThrowsAsync<StorageException>(async () => await _store.FindAsync(id));
            Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
            Assert.Equal(ContentFile(id), failure.Path);
            Assert.Null(await _store.FindByPrefixAsync(id.Value.Hex));
        }
        Assert.Equal([good], await _store.ListAsync().ToListAsync());
        Assert.Equal(6, _log.Entries.Count(entry => entry.EventId.Name == "DamagedConfig"));
        Assert.True(await _store.DeleteAsync(changed));
        Assert.False(File.Exists(ContentFile(changed)));
    }

    [Fact]
    public async Task List_ForeignNames_AreIgnored()
    {
        var id = await _store.PutAsync(Config("1"));
        string folder = Path.GetDirectoryName(ContentFile(id))!;
        await File.WriteAllTextAsync(Path.Combine(folder, $".tmp-{id.Value.Hex}123"), "");
        await File.WriteAllTextAsync(Path.Combine(folder, "readme"), "");
        Directory.CreateDirectory(Path.Combine(folder, Digest.Compute("folder"u8).Hex));

        Assert.Equal([id], await _store.ListAsync().ToListAsync());
        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task FindByPrefix_OneSeveralNone()
    {
        var byFirst = new Dictionary<char, List<ImageId>>();
        for (int i = 0; i < 20; i++)
        {
            var id = await _store.PutAsync(Config($"{i}"));
            if (!byFirst.TryGetValue(id.Value.Hex[0], out var ids))
                byFirst.Add(id.Value.Hex[0], ids = []);
            ids.Add(id);
        }
        // Twenty images on sixteen characters: some share one.
        var shared = byFirst.Values.First(ids => ids.Count > 1);
        var failure = await Assert.ThrowsAsync<OciException>(async () => await _store.FindByPrefixAsync(shared[0].Value.Hex[..1]));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Equal(shared[0], await _store.FindByPrefixAsync(shared[0].Short));
        Assert.Equal(shared[0], await _store.FindByPrefixAsync(shared[0].Value.Hex));
        foreach (string none in (string[])["", "x", "sha256:" + shared[0].Short, "../..", shared[0].Value.Hex + "0"])
            Assert.Null(await _store.FindByPrefixAsync(none));
    }

    [Fact]
    public async Task Parent_IsKept_AsDockerDoes()
    {
        var parent = await _store.PutAsync(Config("parent"));
        var child = await _store.PutAsync(Config("child"));
        var another = await _store.PutAsync(Config("another"));
        Assert.Null(await _store.GetParentAsync(child));
        await _store.SetParentAsync(child, parent);
        await _store.SetParentAsync(another, child);

        Assert.Equal(parent, await _store.GetParentAsync(child));
        Assert.Equal(parent.ToString(), await File.ReadAllTextAsync(NoteFile(child, "parent")));
        Assert.Equal([child], await _store.ListChildrenAsync(parent).ToListAsync());
        Assert.Equal(OciErrorKind.InvalidInput, await KindOfAsync(async () => await _store.SetParentAsync(parent, another)));
        Assert.Equal(OciErrorKind.InvalidInput, await KindOfAsync(async () => await _store.SetParentAsync(parent, parent)));
        Assert.Equal(
            OciErrorKind.NotFound, await KindOfAsync(async () => await _store.SetParentAsync(child, new ImageId(Digest.Compute("none"u8)))));
        await _store.SetParentAsync(child, null);
        Assert.Null(await _store.GetParentAsync(child));
    }

    [Theory]
    [InlineData("2026-11-24T04:17:56.2720882Z", "2026-11-24T04:17:56.2720882Z")]
    [InlineData("2026-11-24T04:17:56.2700000Z", "2026-11-24T04:17:56.27Z")]
    [InlineData("2026-11-24T04:17:56Z", "2026-11-24T04:17:56Z")]
    [InlineData("2026-11-24T04:17:56.5+05:30", "2026-11-24T04:17:56.5+05:30")]
    public async Task LastUpdated_IsWrittenAsGoDoes(string time, string text)
    {
        var id = await _store.PutAsync(Config("1"));
        Assert.Null(await _store.GetLastUpdatedAsync(id));
        await _store.SetLastUpdatedAsync(id, DateTimeOffset.Parse(time, null));

        Assert.Equal(text, await File.ReadAllTextAsync(NoteFile(id, "lastUpdated")));
        Assert.Equal(DateTimeOffset.Parse(time, null), await _store.GetLastUpdatedAsync(id));
    }

    [Theory]
    [InlineData("2026-11-24T04:17:56.272088259Z", "2026-11-24T04:17:56.2720882")]
    [InlineData(" 2026-11-24T04:17:56.1-01:00\n", "2026-11-24T05:17:56.1")]
    [InlineData("", null)]
    [InlineData("2026-11-24", null)]
    [InlineData("2026-11-24T04:17:56.272088", null)]
    [InlineData("sha256:0000000000000000000000000000000", null)]
    public async Task LastUpdated_OfDocker_IsRead(string text, string? utc)
    {
        var id = await _store.PutAsync(Config("1"));
        await _store.SetLastUpdatedAsync(id, DateTimeOffset.UnixEpoch);
        await File.WriteAllTextAsync(NoteFile(id, "lastUpdated"), text);
        var read = await _store.GetLastUpdatedAsync(id);

        // The seventh digit may be rounded.
        if (utc is null)
            Assert.Null(read);
        else
            Assert.InRange(read!.Value.UtcDateTime - DateTime.Parse(utc, null), TimeSpan.Zero, TimeSpan.FromTicks(1));
        Assert.Equal(utc is null ? 1 : 0, _log.Entries.Count(entry => entry.EventId.Name == "DamagedNote"));
    }

    [Fact]
    public async Task Delete_RemovesAllTraces_AndOrphansChildren()
    {
        var parent = await _store.PutAsync(Config("parent"));
        var child = await _store.PutAsync(Config("child"));
        await _store.SetParentAsync(child, parent);
        await _store.SetLastUpdatedAsync(parent, DateTimeOffset.UnixEpoch);

        Assert.True(await _store.DeleteAsync(parent));
        Assert.False(await _store.DeleteAsync(parent));
        Assert.Null(await _store.FindAsync(parent));
        Assert.Null(await _store.GetParentAsync(child));
        Assert.False(Directory.Exists(Path.GetDirectoryName(NoteFile(parent, "lastUpdated"))));
        Assert.Equal([child], await _store.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task IdOfAnotherAlgorithm_IsNotThere()
    {
        var id = new ImageId(Digest.Compute("1"u8, DigestAlgorithm.Sha512));
        Assert.Null(await _store.FindAsync(id));
        Assert.Null(await _store.GetParentAsync(id));
        Assert.False(await _store.DeleteAsync(id));
        Assert.Null(await _store.FindAsync(default));
    }

    [Fact]
    public async Task Changes_WaitForTheLockOfTheRoot()
    {
        var id = await _store.PutAsync(Config("1"));
        var held = FileLock.TryAcquire(Path.Combine(_store.Root, ".lock"))!;
        var change = _store.SetLastUpdatedAsync(id, DateTimeOffset.UnixEpoch).AsTask();
        Assert.False(change.IsCompleted);
        Assert.NotNull(await _store.FindAsync(id));
        held.Dispose();
        await change;

        Assert.Equal(DateTimeOffset.UnixEpoch, await _store.GetLastUpdatedAsync(id));
    }

    private static byte[] Config(string author) => Encoding.UTF8.GetBytes(
        $$$"""{"author":"{{{author}}}","architecture":"amd64","os":"linux","unknown": [1 ,2],"rootfs":{"type":"layers","diff_ids":[]}}""");

    private static async Task<OciErrorKind> KindOfAsync(Func<Task> action) => (await Assert.ThrowsAnyAsync<OciException>(action)).Kind;

    private string ContentFile(ImageId id) => Path.Combine(_store.Root, "content", "sha256", id.Value.Hex);

    private string NoteFile(ImageId id, string name) => Path.Combine(_store.Root, "metadata", "sha256", id.Value.Hex, name);
}
