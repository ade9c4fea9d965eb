using OciImages.TestSupport.Logging;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OciImages.Content.Collection;
using OciImages.Content.Local;
using OciImages.TestSupport;

namespace OciImages.Content.Tests.Local;

/// <summary>What is on the disk, and what is not ours there.</summary>
public sealed class LocalContentStoreDiskTests : IDisposable
{
    private static readonly byte[] Content = "content"u8.ToArray();
    private static readonly Digest Digest = Digest.Compute(Content);

    private readonly TempDirectory _directory = new();
    private readonly LocalContentStore _store;
    private readonly RecordingLogger<LocalContentStore> _log = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public LocalContentStoreDiskTests() =>
        _store = new LocalContentStore(_directory["store"], new LocalContentStoreOptions { TimeProvider = _time }, _log);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Constructor_And_Reads_TouchNothing()
    {
        Assert.Null(await _store.FindAsync(Digest));
        Assert.False(await _store.DeleteAsync(Digest));
        Assert.Empty(await _store.ListLeasesAsync().ToListAsync());
        Assert.False(Directory.Exists(_store.Root));
    }

    [Fact]
    public async Task Commit_MakesAnOciImageLayout()
    {
        await CommitAsync();

        Assert.Equal("""{"imageLayoutVersion":"1.0.0"}""", await File.ReadAllTextAsync(At("oci-layout")));
        using var index = JsonDocument.Parse(await File.ReadAllTextAsync(At("index.json")));
        Assert.Equal(2, index.RootElement.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(0, index.RootElement.GetProperty("manifests").GetArrayLength());
        Assert.Equal(Content, await File.ReadAllBytesAsync(Blob));
        Assert.Equal(_time.GetUtcNow().UtcDateTime, File.GetLastWriteTimeUtc(Blob));
        Assert.Empty(Directory.GetDirectories(At("ingest")));
        Assert.Empty(Directory.GetFiles(_store.Root, ".tmp-*", SearchOption.AllDirectories));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(Blob));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(At("ingest")));
        }
    }

    [Fact]
    public async Task Commit_ExistingLayoutFiles_AreKept()
    {
        Directory.CreateDirectory(_store.Root);
        await File.WriteAllTextAsync(At("index.json"), "somebody's");
        await CommitAsync();

        Assert.Equal("somebody's", await File.ReadAllTextAsync(At("index.json")));
    }

    [Fact]
    public async Task UpdateIndex_IsReadBySkopeoAndUmoci()
    {
        string skopeo = Peers.Require("skopeo");
        byte[] config = """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"""u8.ToArray();
        var configDigest = await AddAsync(config);
        byte[] manifest = Encoding.UTF8.GetBytes(
            $$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{{configDigest}}}","size":{{{config.Length}}}},"layers":[]}""");
        var manifestDigest = await AddAsync(manifest);
        var entry = new Descriptor(MediaTypes.OciManifest, manifestDigest, manifest.Length)
        {
            Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = "t" },
        };
        await _store.UpdateIndexAsync((entries, _) => ValueTask.FromResult<IReadOnlyList<Descriptor>>([.. entries, entry]));
        Assert.Equal(manifestDigest, Assert.Single(await _store.ReadIndexAsync()).Digest);
        using var umoci = ChildProcess.Start(Peers.Require("umoci"), "list", "--layout", _store.Root);
        Assert.Equal("t\n", await umoci.ReadToEndAsync());
        Assert.Equal(0, await umoci.WaitAsync());
        using var child = ChildProcess.Start(skopeo, "inspect", "--raw", $"oci:{_store.Root}:t");

        Assert.Equal(Encoding.UTF8.GetString(manifest), await child.ReadToEndAsync());
        Assert.Equal(0, await child.WaitAsync());
    }

    [Fact]
    public async Task Ingest_HasTheDocumentedFiles()
    {
        await using var writer = await _store.OpenWriterAsync("layer-1");
        await writer.Output.WriteAsync(Content);
        string folder = Assert.Single(Directory.GetDirectories(At("ingest")));

        Assert.Equal(Digest.Compute("layer-1"u8).Hex, Path.GetFileName(folder));
        Assert.Equal(["data", "lock", "ref", "startedat"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("layer-1", await File.ReadAllTextAsync(Path.Combine(folder, "ref")));
        Assert.Equal(Content, await File.ReadAllBytesAsync(Path.Combine(folder, "data")));
    }

    [Fact]
    public async Task OpenWriter_Busy_NamesTheHolder()
    {
        await using var writer = await _store.OpenWriterAsync("a");
        var failure = await Assert.ThrowsAsync<OciException>(async () => await _store.OpenWriterAsync("a"));

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.True(failure.IsTransient);
        Assert.Contains($"\"a\" is open in process {Environment.ProcessId}", failure.Message);
    }

    [Theory]
    [InlineData("ref")]
    [InlineData("startedat")]
    public async Task OpenWriter_SideFileDamagedByAPowerCut_IsWrittenAnew(string name)
    {
        await (await _store.OpenWriterAsync("a")).DisposeAsync();
        string path = Path.Combine(Assert.Single(Directory.GetDirectories(At("ingest"))), name);
        await File.WriteAllTextAsync(path, "\0\0\0");
        Assert.Equal(name == "ref" ? 0 : 1, (await _store.ListIngestsAsync().ToListAsync()).Count);
        await (await _store.OpenWriterAsync("a")).DisposeAsync();

        Assert.Equal(_time.GetUtcNow(), Assert.Single(await _store.ListIngestsAsync().ToListAsync()).StartedAt);
        Assert.Equal(name == "ref", _log.Entries.Any(entry => entry.EventId.Name == "CorruptIngest"));
    }

    [Fact]
    public async Task OpenWriter_TornTail_ContinuesAtTheFilesLength_AndTheDigestDecides()
    {
        await using (var writer = await _store.OpenWriterAsync("a"))
            await writer.Output.WriteAsync("cont\0\0"u8.ToArray());
        await using (var torn = await _store.OpenWriterAsync("a"))
        {
            Assert.Equal(6, torn.Offset);
            await torn.Output.WriteAsync("t"u8.ToArray());
            Assert.Equal(OciErrorKind.Corrupt, (await Assert.ThrowsAsync<OciException>(async () => await torn.CommitAsync(7, Digest))).Kind);
        }
        Assert.Contains(_log.Entries, entry => entry.EventId.Name == "IngestDropped");

        await using var retry = await _store.OpenWriterAsync("a");
        Assert.Equal(0, retry.Offset);
        await retry.Output.WriteAsync(Content);
        await retry.CommitAsync(7, Digest);
    }

    [Fact]
    public async Task Commit_ContentDamagedToAnotherLength_IsReplaced()
    {
        await CommitAsync();
        File.Delete(Blob);
        await File.WriteAllTextAsync(Blob, "cut");
        await CommitAsync();

        Assert.Equal(Content, await File.ReadAllBytesAsync(Blob));
    }

    [Fact]
    public async Task List_ForeignFiles_AreIgnored()
    {
        await CommitAsync();
        await File.WriteAllTextAsync(At("blobs/sha256/not-a-digest"), "");
        await File.WriteAllTextAsync(At($"blobs/sha256/{Digest.Hex.ToUpperInvariant()}"), "");
        Directory.CreateDirectory(At($"blobs/sha256/{Digest.Compute("dir"u8).Hex}"));
        Directory.CreateDirectory(At("blobs/blake3"));
        Directory.CreateDirectory(At("ingest/foreign"));
        await File.WriteAllTextAsync(At("leases/readme.txt"), "");

        Assert.Equal(Digest, Assert.Single(await _store.ListAsync().ToListAsync()).Digest);
        Assert.Null(await _store.FindAsync(Digest.Compute("dir"u8)));
        Assert.Empty(await _store.ListIngestsAsync().ToListAsync());
        Assert.Empty(await _store.ListLeasesAsync().ToListAsync());
    }

    [Fact]
    public async Task List_TenThousand_GivesAll()
    {
        await CommitAsync();
        for (int i = 1; i < 10_000; i++)
            File.CreateSymbolicLink(At($"blobs/sha256/{Digest.Compute(BitConverter.GetBytes(i)).Hex}"), Blob);

        Assert.Equal(10_000, await _store.ListAsync().CountAsync());
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    [InlineData("")]
    public async Task Labels_DamagedFile_CountAsNoneAndAreKeptAside(string json)
    {
        await CommitAsync();
        await _store.UpdateLabelsAsync(Digest, new Dictionary<string, string?> { ["k"] = "v" });
        string path = At($"labels/sha256/{Digest.Hex}");
        Assert.Equal("""{"k":"v"}""", await File.ReadAllTextAsync(path));
        await File.WriteAllTextAsync(path, json);

        Assert.Empty((await _store.FindAsync(Digest))!.Labels);
        Assert.Single(await _store.ListAsync().ToListAsync());
        Assert.Contains(_log.Entries, entry => entry.EventId.Name == "CorruptLabels" && entry.Exception!.Message.Contains(path));
        Assert.Equal(json, await File.ReadAllTextAsync(path));
        var updated = await _store.UpdateLabelsAsync(Digest, new Dictionary<string, string?> { ["new"] = "1" });
        Assert.Equal("1", Assert.Single(updated.Labels).Value);
        Assert.Equal(json, await File.ReadAllTextAsync(path + ".corrupt"));
    }

    [Fact]
    public async Task Labels_LastRemoved_FileGoes()
    {
        await CommitAsync();
        await _store.UpdateLabelsAsync(Digest, new Dictionary<string, string?> { ["k"] = "v" });
        await _store.UpdateLabelsAsync(Digest, new Dictionary<string, string?> { ["k"] = null });

        Assert.False(File.Exists(At($"labels/sha256/{Digest.Hex}")));
    }

    [Fact]
    public async Task Labels_TooMany_AreRefused()
    {
        await CommitAsync();
        var failure = await Assert.ThrowsAsync<OciException>(async () => await _store.UpdateLabelsAsync(
            Digest, new Dictionary<string, string?> { ["k"] = new string('x', 5 << 20) }));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Empty((await _store.FindAsync(Digest))!.Labels);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"id\":\"a\"")]
    [InlineData("{\"id\":\"b\",\"createdAt\":\"2030-01-01T00:00:00Z\",\"expiresAt\":\"2020-01-01T00:00:00Z\",\"content\":[]}")]
    [InlineData("{\"id\":\"a\",\"createdAt\":\"2030-01-01T00:00:00Z\",\"expiresAt\":\"2040-01-01T00:00:00Z\",\"content\":[\"sha256:..\"]}")]
    public async Task Leases_DamagedFile_IsLeftAlone(string json)
    {
        await (await _store.CreateLeaseAsync()).DisposeAsync();
        await File.WriteAllTextAsync(At("leases/a.json"), json);

        var listed = await Assert.ThrowsAsync<StorageException>(async () => await _store.ListLeasesAsync().ToListAsync());
        Assert.Equal((OciErrorKind.Corrupt, At("leases/a.json")), (listed.Kind, listed.Path));
        Assert.Contains(_log.Entries, entry => entry.EventId.Name == "CorruptLease");
        await CommitAsync();
        var graph = new TestGraph(_store);
        Assert.Equal(OciErrorKind.Corrupt, (await Assert.ThrowsAsync<StorageException>(async () => await new ContentCollector(_store, graph, _time).CollectAsync())).Kind);
        Assert.Equal(
            OciErrorKind.Corrupt,
            (await Assert.ThrowsAsync<StorageException>(async () => await _store.DeleteUnleasedAsync([Digest], DateTimeOffset.MaxValue))).Kind);
        Assert.NotNull(await _store.FindAsync(Digest));
        await using var other = await _store.CreateLeaseAsync();
        var failure = await Assert.ThrowsAsync<OciException>(async () => await _store.CreateLeaseAsync(new ContentLeaseOptions { Id = "a" }));
        Assert.Equal(OciErrorKind.AlreadyExists, failure.Kind);
        Assert.Equal(json, await File.ReadAllTextAsync(At("leases/a.json")));
    }

    [Fact]
    public async Task Leases_Expired_AreSweptAtTheNextStart()
    {
        await using var lease = await _store.CreateLeaseAsync(new ContentLeaseOptions { Id = "a" });
        Assert.True(File.Exists(At("leases/a.json")));
        _time.Advance(TimeSpan.FromHours(25));
        var restarted = new LocalContentStore(_store.Root, new LocalContentStoreOptions { TimeProvider = _time });
        await using var next = await restarted.CreateLeaseAsync(new ContentLeaseOptions { Id = "b" });

        Assert.False(File.Exists(At("leases/a.json")));
        Assert.True(File.Exists(At("leases/b.json")));
    }

    [Fact]
    public async Task Leases_Expired_AreSweptByACollection_OfWhateverProcess()
    {
        await using var lease = await _store.CreateLeaseAsync(new ContentLeaseOptions { Id = "a" });
        _time.Advance(TimeSpan.FromHours(25));
        var collector = new ContentCollector(_store, new TestGraph(_store), _time);
        await collector.CollectAsync(new ContentCollectionOptions { DryRun = true });
        Assert.True(File.Exists(At("leases/a.json")));
        await collector.CollectAsync();

        Assert.False(File.Exists(At("leases/a.json")));
    }

    [Fact]
    public async Task DryRun_InADirectoryThatIsNoStoreYet_MakesNothing()
    {
        Assert.Empty(await _store.DeleteUnleasedAsync([Digest], DateTimeOffset.MaxValue, dryRun: true));

        Assert.False(Directory.Exists(_store.Root));
    }

    [Fact]
    public async Task FirstWrite_SweepsTemporaryFilesOfKilledWriters()
    {
        Directory.CreateDirectory(At("labels/sha256"));
        await File.WriteAllTextAsync(At("labels/.tmp-oci-abc123"), "");
        await CommitAsync();

        Assert.False(File.Exists(At("labels/.tmp-oci-abc123")));
    }

    [Fact]
    public async Task FirstWrite_RemovesIngestsThatNeverBegan_AndKeepsData()
    {
        string[] folders = [.. new[] { "empty", "unnamed", "data" }.Select(name => At($"ingest/{Digest.Compute(Encoding.UTF8.GetBytes(name)).Hex}")), At("ingest/foreign")];
        foreach (string folder in folders)
            Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folders[1], "ref"), "");
        await File.WriteAllTextAsync(Path.Combine(folders[1], "lock"), "");
        await File.WriteAllTextAsync(Path.Combine(folders[2], "data"), "data");
        await CommitAsync();

        Assert.Equal([false, false, true, true], folders.Select(Directory.Exists));
    }

    private string Blob => At($"blobs/sha256/{Digest.Hex}");

    private string At(string relative) => Path.Combine(_store.Root, relative);

    private Task<Digest> CommitAsync() => AddAsync(Content);

    private async Task<Digest> AddAsync(byte[] content)
    {
        await using var writer = await _store.OpenWriterAsync("commit");
        await writer.Output.WriteAsync(content);
        return (await writer.CommitAsync()).Digest;
    }
}
