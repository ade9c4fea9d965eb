using OciImages.Events;
using OciImages.Pull;
using OciImages.Tests.Fakes;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Tars;
using OciImages.Transfers;

namespace OciImages.Tests.Pull;

public sealed class ImagePullerTests : IAsyncDisposable
{
    private readonly PullFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task PullAsync_Tag_SetsTagAndDigestAndKeepsEveryBlob()
    {
        var manifest = _fixture.AddImage("v1");

        var result = await _fixture.Puller.PullAsync(PullFixture.Reference);

        Assert.Equal(manifest.Digest, result.Digest);
        Assert.False(result.IsUpToDate);
        var image = await _fixture.Catalog.FindAsync("registry.example/app:v1");
        Assert.Equal(result.ImageId, image!.Id);
        Assert.Equal(["registry.example/app:v1"], image.RepoTags);
        Assert.Equal([$"registry.example/app@{manifest.Digest}"], image.RepoDigests);
        Assert.NotNull(await _fixture.Root.Content.FindAsync(manifest.Digest));
        foreach (string file in Directory.GetFiles(Path.Combine(_fixture.Layout.Path, "blobs", "sha256")))
            Assert.Equal(await File.ReadAllBytesAsync(file), await ReadAsync(Digest.Parse($"sha256:{Path.GetFileName(file)}")));
    }

    [Fact]
    public async Task PullAsync_NoTag_MeansLatest()
    {
        _fixture.AddImage("latest");
        var result = await _fixture.Puller.PullAsync(ImageReference.Parse("registry.example/app"));
        Assert.Equal("latest", result.Reference.Tag);
    }

    [Fact]
    public async Task PullAsync_SecondTime_IsUpToDateAndFetchesNothing()
    {
        _fixture.AddImage("v1");
        await _fixture.Puller.PullAsync(PullFixture.Reference);
        _fixture.Registry.Requests.Clear();

        var result = await _fixture.Puller.PullAsync(PullFixture.Reference);

        Assert.True(result.IsUpToDate);
        Assert.Equal(["head v1"], _fixture.Registry.Requests);
    }

    [Fact]
    public async Task PullAsync_TagMoved_MovesTheTag()
    {
        _fixture.AddImage("v1");
        var old = await _fixture.Puller.PullAsync(PullFixture.Reference);
        _fixture.AddImage("v1", salt: "new");

        var result = await _fixture.Puller.PullAsync(PullFixture.Reference);

        Assert.NotEqual(old.ImageId, result.ImageId);
        Assert.False(result.IsUpToDate);
        Assert.Equal(result.ImageId, (await _fixture.Catalog.FindAsync("registry.example/app:v1"))!.Id);
        Assert.Empty((await _fixture.Catalog.FindAsync(old.ImageId.ToString()))!.RepoTags);
    }

    [Fact]
    public async Task PullAsync_ByDigest_SetsNoTag()
    {
        var manifest = _fixture.AddImage("v1");

        await _fixture.Puller.PullAsync(ImageReference.Parse($"registry.example/app@{manifest.Digest}"));

        var image = await _fixture.Catalog.FindAsync($"registry.example/app@{manifest.Digest}");
        Assert.Empty(image!.RepoTags);
    }

    [Fact]
    public async Task PullAsync_Index_ChoosesThePlatformAndNamesTheIndex()
    {
        var amd64 = _fixture.AddImage("amd64", platform: new Platform("linux", "amd64"), salt: "amd64");
        var arm64 = _fixture.AddImage("arm64", platform: new Platform("linux", "arm64"), salt: "arm64");
        var index = _fixture.Layout.AddIndex("multi", amd64, arm64);
        _fixture.Registry.Tags["multi"] = index.Digest;
        var reference = ImageReference.Parse("registry.example/app:multi");

        var result = await _fixture.Puller.PullAsync(reference, new PullOptions { Platform = Platform.Parse("linux/arm64") });

        Assert.Equal(index.Digest, result.Digest);
        var image = await _fixture.Catalog.FindAsync("registry.example/app:multi");
        Assert.Equal("arm64", image!.Config.Architecture);
        Assert.DoesNotContain($"manifest {amd64.Digest}", _fixture.Registry.Requests);
    }

    [Fact]
    public async Task PullAsync_IndexOfAnotherPlatformBefore_KeepsTheDigestAndMovesTheTag()
    {
        var amd64 = _fixture.AddImage("amd64", platform: new Platform("linux", "amd64"), salt: "amd64");
        var arm64 = _fixture.AddImage("arm64", platform: new Platform("linux", "arm64"), salt: "arm64");
        _fixture.Registry.Tags["multi"] = _fixture.Layout.AddIndex("multi", amd64, arm64).Digest;
        var reference = ImageReference.Parse("registry.example/app:multi");
        var first = await _fixture.Puller.PullAsync(reference, new PullOptions { Platform = Platform.Parse("linux/amd64") });

        var second = await _fixture.Puller.PullAsync(reference, new PullOptions { Platform = Platform.Parse("linux/arm64") });

        Assert.Equal(second.ImageId, (await _fixture.Catalog.FindAsync("registry.example/app:multi"))!.Id);
        Assert.Equal(first.ImageId, (await _fixture.Catalog.FindAsync($"registry.example/app@{second.Digest}"))!.Id);
    }

    [Fact]
    public async Task PullAsync_NoMatchingPlatform_NamesWhatThereIs()
    {
        _fixture.Registry.Tags["multi"] = _fixture.Layout.AddIndex("multi", _fixture.AddImage("a", platform: new Platform("linux", "amd64"))).Digest;

        var error = await Assert.ThrowsAsync<OciException>(() => _fixture.Puller.PullAsync(
            ImageReference.Parse("registry.example/app:multi"), new PullOptions { Platform = Platform.Parse("linux/riscv64") }));

        Assert.Equal(OciErrorKind.NotFound, error.Kind);
        Assert.Contains("no matching manifest for linux/riscv64", error.Message, StringComparison.Ordinal);
        Assert.Contains("linux/amd64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PullAsync_AnotherProcessor_Warns()
    {
        _fixture.AddImage("v1", platform: new Platform("linux", "s390x"));
        var result = await _fixture.Puller.PullAsync(PullFixture.Reference);
        Assert.Contains("linux/s390x", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PullAsync_AnotherSystem_IsRefused()
    {
        _fixture.AddImage("v1", platform: new Platform("windows", "amd64"));
        await AssertRefusedAsync(OciErrorKind.Unsupported);
    }

    [Fact]
    public async Task PullAsync_NoSuchTag_IsNotFound()
    {
        var error = await AssertRefusedAsync(OciErrorKind.NotFound);
        Assert.Contains("registry.example/app:v1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PullAsync_LayersAndDiffIdsDiffer_IsRefused()
    {
        var layer = Layer("x");
        var manifest = _fixture.Layout.AddImage(null, [layer, layer]);
        byte[] bytes = await File.ReadAllBytesAsync(BlobPath(manifest.Digest));
        string text = System.Text.Encoding.UTF8.GetString(bytes);
        int second = text.LastIndexOf(",{\"mediaType\"", StringComparison.Ordinal);
        var cut = _fixture.Layout.AddBlob(MediaTypes.OciManifest, System.Text.Encoding.UTF8.GetBytes(text[..second] + "]}"));
        _fixture.Registry.Tags["v1"] = cut.Digest;

        await AssertRefusedAsync(OciErrorKind.InvalidInput);
    }

    [Fact]
    public async Task PullAsync_WrongDiffId_IsCorruptAndLeavesTheStoreAsItWas()
    {
        var layer = Layer("x");
        var manifest = _fixture.Layout.AddImage(null, [layer with { DiffId = new DiffId(Digest.Compute("other"u8)) }]);
        _fixture.Registry.Tags["v1"] = manifest.Digest;

        await AssertRefusedAsync(OciErrorKind.Corrupt);
    }

    [Fact]
    public async Task PullAsync_TamperedConfig_IsCorrupt()
    {
        _fixture.AddImage("v1");
        _fixture.Registry.Tamper = (_, bytes) => bytes[0] == '{' ? [(byte)'[', .. bytes.AsSpan(1)] : bytes;
        await AssertRefusedAsync(OciErrorKind.Corrupt);
    }

    [Fact]
    public async Task PullAsync_ConfigEmbeddedInTheManifest_IsNotFetched()
    {
        var manifest = _fixture.AddImage("v1");
        string text = await File.ReadAllTextAsync(BlobPath(manifest.Digest));
        var config = ((Manifests.ImageManifest)Manifests.Manifest.Parse(new(MediaTypes.OciManifest, System.Text.Encoding.UTF8.GetBytes(text)))).Config;
        string data = Convert.ToBase64String(await File.ReadAllBytesAsync(BlobPath(config.Digest)));
        int end = text.IndexOf('}', StringComparison.Ordinal);
        _fixture.Registry.Tags["v1"] = _fixture.Layout.AddBlob(
            MediaTypes.OciManifest, System.Text.Encoding.UTF8.GetBytes($"{text[..end]},\"data\":\"{data}\"{text[end..]}")).Digest;

        var result = await _fixture.Puller.PullAsync(PullFixture.Reference);

        Assert.Equal(config.Digest, result.ImageId.Value);
        Assert.DoesNotContain($"blob {config.Digest}", _fixture.Registry.Requests);
    }

    [Fact]
    public async Task PullAsync_LayerOfAnUnknownType_IsUnsupported()
    {
        var layer = Layer("x");
        _fixture.Registry.Tags["v1"] = _fixture.Layout.AddImage(null, [layer with { Blob = layer.Blob with { MediaType = "application/x-model" } }]).Digest;
        var error = await AssertRefusedAsync(OciErrorKind.Unsupported);
        Assert.Contains("application/x-model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PullAsync_StoredManifestAndLayerRotted_FetchesThemAgain()
    {
        var manifest = _fixture.AddImage("v1");
        await _fixture.Puller.PullAsync(PullFixture.Reference);
        string stored = _fixture[$"root/oci-images/content/blobs/sha256/{manifest.Digest.Hex}"];
        File.SetUnixFileMode(stored, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(stored, "{ rotten }");

        await _fixture.Puller.PullAsync(PullFixture.Reference);

        Assert.Equal(manifest.Digest, Digest.Compute(await File.ReadAllBytesAsync(stored)));
    }

    [Fact]
    public async Task PullAsync_WhileLayersArrive_HoldsAllContent()
    {
        _fixture.AddImage("v1", layers: 3);
        var probe = new LeaseProbe(Path.Combine(_fixture.Root.Path, "oci-images/content/leases"));

        await _fixture.Puller.PullAsync(PullFixture.Reference, new PullOptions { Progress = probe });

        string[] blobs = [.. Directory.GetFiles(Path.Combine(_fixture.Layout.Path, "blobs", "sha256")).Select(file => $"sha256:{Path.GetFileName(file)}")];
        Assert.Equal(5, blobs.Length);
        Assert.All(blobs, blob => Assert.Contains(blob, probe.FirstSeen, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PullAsync_Done_HoldsNoLease()
    {
        _fixture.AddImage("v1");
        await _fixture.Puller.PullAsync(PullFixture.Reference);
        Assert.Empty(await _fixture.Root.Content.ListLeasesAsync().ToListAsync());
    }

    [Fact]
    public async Task PullAsync_Done_IsTold()
    {
        _fixture.AddImage("v1");
        using var cancellation = new CancellationTokenSource();
        await using var events = _fixture.Events.ListenAsync(cancellation.Token).GetAsyncEnumerator();

        var result = await _fixture.Puller.PullAsync(PullFixture.Reference);

        Assert.True(await events.MoveNextAsync());
        Assert.Equal((ImageEventType.Pull, result.ImageId, "registry.example/app:v1"), (events.Current.Type, events.Current.ImageId, events.Current.Reference));
    }

    [Fact]
    public async Task PullAllTagsAsync_Repository_PullsEveryTag()
    {
        _fixture.AddImage("v1");
        _fixture.AddImage("v2", salt: "2");

        var results = await _fixture.Puller.PullAllTagsAsync(PullFixture.Reference.Repository).ToListAsync();

        Assert.Equal(["v1", "v2"], results.Select(result => result.Reference.Tag));
        Assert.Equal(2, await _fixture.Catalog.ListAsync().CountAsync());
    }

    private TestLayer Layer(string content) => _fixture.Layout.AddGzipLayer(new TarBuilder().File("file", content).ToArray());

    private string BlobPath(Digest digest) => Path.Combine(_fixture.Layout.Path, "blobs", "sha256", digest.Hex);

    private async Task<OciException> AssertRefusedAsync(OciErrorKind kind)
    {
        var error = await Assert.ThrowsAnyAsync<OciException>(() => _fixture.Puller.PullAsync(PullFixture.Reference));
        Assert.Equal(kind, error.Kind);
        Assert.Empty(await _fixture.Catalog.ListAsync().ToListAsync());
        Assert.Empty(await _fixture.Root.Layers.ListAsync().ToListAsync());
        Assert.Empty(await _fixture.Root.References.ListAsync().ToListAsync());
        Assert.Empty(await _fixture.Root.Content.ListLeasesAsync().ToListAsync());
        return error;
    }

    private async Task<byte[]> ReadAsync(Digest digest)
    {
        await using var stream = await _fixture.Root.Content.OpenReadAsync(digest);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    /// <summary>Looks at all leases on the disk when the first layer is reported.</summary>
    private sealed class LeaseProbe(string folder) : IProgress<TransferProgress>
    {
        private readonly Lock _lock = new();

        public string FirstSeen { get; private set; } = "";

        public void Report(TransferProgress value)
        {
            lock (_lock)
            {
                if (FirstSeen.Length == 0)
                    FirstSeen = string.Concat(Directory.GetFiles(folder, "*.json").Select(File.ReadAllText));
            }
        }
    }
}
