using Microsoft.Extensions.Time.Testing;
using OciImages.Content.Local;
using OciImages.IO;
using OciImages.TestSupport;

namespace OciImages.Content.Tests.Local;

/// <summary>What a check finds and a repair does, and which directories are refused.</summary>
public sealed class LocalContentStoreCheckTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly LocalContentStore _store;

    public LocalContentStoreCheckTests() => _store = Open();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("2.0.0", OciErrorKind.Unsupported)]
    [InlineData("10.0.0", OciErrorKind.Unsupported)]
    public async Task NewerVersion_IsRefusedPrecisely(string version, OciErrorKind kind)
    {
        var digest = await AddAsync();
        await File.WriteAllTextAsync(At("oci-layout"), $$"""{"imageLayoutVersion":"{{version}}"}""");
        foreach (Func<Task> action in (Func<Task>[])[
            async () => await Open().FindAsync(digest),
            async () => await Open().OpenReadAsync(digest),
            async () => await Open().OpenWriterAsync("a"),
            async () => await Open().DeleteAsync(digest),
            async () => await Open().DeleteUnleasedAsync([digest], DateTimeOffset.MaxValue),
            async () => await Open().CheckAsync().ToListAsync()])
        {
            var failure = await Assert.ThrowsAsync<StorageException>(action);
            Assert.Equal((kind, At("oci-layout")), (failure.Kind, failure.Path));
            Assert.Contains($"\"{version}\"", failure.Message);
        }
        Assert.True(File.Exists(At($"blobs/sha256/{digest.Hex}")));
    }

    [Fact]
    public async Task NotAStore_IsRefusedAndLeftAlone()
    {
        Directory.CreateDirectory(At("home"));
        var failure = await Assert.ThrowsAsync<StorageException>(async () => await _store.OpenWriterAsync("a"));

        Assert.Equal((OciErrorKind.InvalidInput, _store.Root), (failure.Kind, failure.Path));
        Assert.Contains("\"home\"", failure.Message);
        Assert.Equal(["home"], Directory.GetFileSystemEntries(_store.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Check_SoundStore_FindsNothing()
    {
        Assert.Empty(await CheckAsync(deep: true));
        var digest = await AddAsync();
        await _store.UpdateLabelsAsync(digest, new Dictionary<string, string?> { ["k"] = "v" });
        await using var lease = await _store.CreateLeaseAsync(new ContentLeaseOptions { EndsWithProcess = true });
        await using var writer = await _store.OpenWriterAsync("open");

        Assert.Empty(await CheckAsync(deep: true));
    }

    [Fact]
    public async Task Repair_DamagedContent_IsMovedNotDeleted()
    {
        var digest = await AddAsync();
        string path = At($"blobs/sha256/{digest.Hex}");
        File.Delete(path);
        await File.WriteAllTextAsync(path, "changed");
        Assert.Empty(await CheckAsync());
        var found = Assert.Single(await CheckAsync(deep: true));
        Assert.Equal((path, StoreFindingSeverity.Damaged, false), (found.Path, found.Severity, found.IsRepaired));
        Assert.True(Assert.Single(await CheckAsync(deep: true, repair: true)).IsRepaired);

        Assert.Null(await _store.FindAsync(digest));
        Assert.Equal("changed", await File.ReadAllTextAsync(At($"quarantine/blobs-sha256-{digest.Hex}")));
        Assert.Empty(await CheckAsync(deep: true));
        Assert.Equal(digest, await AddAsync());
    }

    [Theory]
    [InlineData("oci-layout", "{", StoreFindingSeverity.Inconsistent)]
    [InlineData("index.json", "", StoreFindingSeverity.Inconsistent)]
    [InlineData("leases/a.json", "{\"id\":", StoreFindingSeverity.Inconsistent)]
    [InlineData("labels/sha256/{hex}", "[]", StoreFindingSeverity.Inconsistent)]
    [InlineData("labels/sha256/0000000000000000000000000000000000000000000000000000000000000000", "{}", StoreFindingSeverity.Waste)]
    [InlineData(".tmp-index.json1", "", StoreFindingSeverity.Waste)]
    [InlineData("labels/.tmp-x1", "", StoreFindingSeverity.Waste)]
    [InlineData("leases/.tmp-x1", "", StoreFindingSeverity.Waste)]
    public async Task Repair_DamagedSideFile_LeavesASoundStore(string relative, string text, StoreFindingSeverity severity)
    {
        var digest = await AddAsync();
        string path = At(relative.Replace("{hex}", digest.Hex));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, text);
        _time.Advance(TimeSpan.FromHours(25));
        var found = Assert.Single(await CheckAsync(deep: true));
        Assert.Equal((path, severity), (found.Path, found.Severity));
        Assert.Equal(text, await File.ReadAllTextAsync(path));
        Assert.True(Assert.Single(await CheckAsync(deep: true, repair: true)).IsRepaired);

        Assert.Empty(await CheckAsync(deep: true));
        Assert.NotNull(await Open().FindAsync(digest));
        Assert.Empty(await Open().ReadIndexAsync());
    }

    [Fact]
    public async Task Repair_LeaseThatMayBeInUse_IsLeft()
    {
        await AddAsync();
        await File.WriteAllTextAsync(At("leases/a.json"), "{");

        Assert.False(Assert.Single(await CheckAsync(repair: true)).IsRepaired);
        Assert.True(File.Exists(At("leases/a.json")));
    }

    [Fact]
    public async Task Check_UnknownFiles_AreToldAndLeft()
    {
        await AddAsync();
        await File.WriteAllTextAsync(At("blobs/sha256/readme"), "");
        Directory.CreateDirectory(At("blobs/blake3"));
        Directory.CreateDirectory(At("ingest/foreign"));
        var found = await CheckAsync(repair: true);

        Assert.Equal(["blake3", "foreign", "readme"], found.Select(finding => Path.GetFileName(finding.Path)).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(At("blobs/sha256/readme")));
        Assert.True(Directory.Exists(At("quarantine/ingest-foreign")));
    }

    private string At(string relative) => Path.Combine(_directory["store"], relative);

    private LocalContentStore Open() => new(_directory["store"], new LocalContentStoreOptions { TimeProvider = _time });

    private async Task<List<StoreFinding>> CheckAsync(bool deep = false, bool repair = false) =>
        await Open().CheckAsync(new LocalCheckOptions { Deep = deep, Repair = repair }).ToListAsync();

    private async Task<Digest> AddAsync()
    {
        await using var writer = await _store.OpenWriterAsync("add");
        await writer.Output.WriteAsync("content"u8.ToArray());
        return (await writer.CommitAsync()).Digest;
    }
}
