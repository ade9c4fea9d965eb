using OciImages.Content;
using OciImages.Distribution;
using OciImages.Events;
using OciImages.Manifests;
using OciImages.Pull;
using OciImages.Push;
using OciImages.Registry;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Tars;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Push;

public sealed class ImagePusherTests : IAsyncLifetime
{
    private static readonly ImageReference Target = ImageReference.Parse("registry.example/copy:v2");

    private readonly PullFixture _fixture = new();

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Push_PulledImage_IsByteForByteTheSame()
    {
        var manifest = _fixture.AddImage("v1", layers: 3);
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference);
        await TagAsync(Target, pulled.ImageId);

        var pushed = await _fixture.Pusher.PushAsync(Target);

        Assert.Equal(manifest.Digest, pushed.Manifest.Digest);
        Assert.Equal(MediaTypes.OciManifest, pushed.Manifest.MediaType);
        Assert.False(pushed.IsNewManifest);
        Assert.Equal(3, pushed.Layers.Count(layer => layer.Outcome == BlobPushOutcome.Uploaded));
        Assert.Equal(manifest.Digest, _fixture.Registry.Tags["v2"]);
        foreach (var (digest, bytes) in _fixture.Registry.Put)
            Assert.Equal(digest, Digest.Compute(bytes));
        // Three layers, the config, the manifest; the tag comes last.
        Assert.Equal(5, _fixture.Registry.Put.Count);
        Assert.Equal("put v2", _fixture.Registry.Requests.Last());
        Assert.Equal(pulled.ImageId, await _fixture.Root.References.FindAsync(Target with { Tag = null, Digest = manifest.Digest }));
    }

    [Fact]
    public async Task Push_PulledFromTheSameRegistry_OffersToMount()
    {
        _fixture.AddImage("v1");
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference);
        await TagAsync(Target, pulled.ImageId);
        _fixture.Registry.MountableFrom.Add(PullFixture.Reference.Repository);

        var first = await _fixture.Pusher.PushAsync(Target);
        var second = await _fixture.Pusher.PushAsync(Target);

        Assert.All(first.Layers, layer => Assert.Equal((BlobPushOutcome.Mounted, PullFixture.Reference.Repository), (layer.Outcome, layer.MountedFrom)));
        Assert.All(second.Layers, layer => Assert.Equal(BlobPushOutcome.Existing, layer.Outcome));
        // What was pushed is a source from now on.
        var sources = await _fixture.Root.Distribution.ListSourcesAsync((await _fixture.Root.Images.FindAsync(pulled.ImageId))!.DiffIds[0]);
        Assert.Equal(Target.Repository, sources[^1].Repository);
    }

    [Fact]
    public async Task Push_SeveralMayMount_ThoseOfTheSameCredentialsComeFirstThenTheNearest()
    {
        _fixture.AddImage("v1", layers: 1);
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference);
        var target = ImageReference.Parse("registry.example/team/a/copy:v1");
        await TagAsync(target, pulled.ImageId);
        var layer = (await _fixture.Root.Images.FindAsync(pulled.ImageId))!.DiffIds[0];
        var blob = (await _fixture.Root.Distribution.ListSourcesAsync(layer)).Single().Digest;
        foreach (var (path, isMarked) in new[] { ("team/a/near", false), ("mine", true), ("team/far", false), ("other", false) })
        {
            var repository = new RepositoryName("registry.example", path);
            string mark = CredentialMark.Of(null).On(blob, repository);
            await _fixture.Root.Distribution.AddAsync(layer, new BlobSource(blob, repository, isMarked ? mark : ""));
        }

        await _fixture.Pusher.PushAsync(target);

        string[] expected = ["mine", "team/a/near", "team/far", "other", "app"];
        Assert.Contains($"push {blob} from {string.Join(' ', expected.Select(path => $"registry.example/{path}"))}", _fixture.Registry.Requests);
        Assert.Equal(
            CredentialMark.Of(null).On(blob, target.Repository),
            (await _fixture.Root.Distribution.ListSourcesAsync(layer))[^1].Hmac);
    }

    [Fact]
    public async Task Push_OfAnIndex_PushesTheOneImage()
    {
        var (index, amd64, _) = AddIndex();
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference, new PullOptions { Platform = new Platform("linux", "amd64") });
        await TagAsync(Target, pulled.ImageId);

        var pushed = await _fixture.Pusher.PushAsync(Target);

        Assert.Equal(amd64.Digest, pushed.Manifest.Digest);
        Assert.DoesNotContain(index.Digest, _fixture.Registry.Put.Keys);
        var failure = await Assert.ThrowsAsync<OciException>(() => _fixture.Pusher.PushAsync(Target, new PushOptions { AllPlatforms = true }));
        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
        Assert.Contains("missing: linux/arm64 manifest sha256:", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Push_AllPlatforms_PushesTheIndexAndAllBelow()
    {
        var (index, amd64, arm64) = AddIndex();
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference, new PullOptions { Platform = new Platform("linux", "amd64") });
        await _fixture.Puller.PullAsync(PullFixture.Reference, new PullOptions { Platform = new Platform("linux", "arm64") });
        await TagAsync(Target, pulled.ImageId);

        var pushed = await _fixture.Pusher.PushAsync(Target, new PushOptions { AllPlatforms = true });

        Assert.Equal(index.Digest, pushed.Manifest.Digest);
        Assert.Equal([$"put {amd64.Digest}", $"put {arm64.Digest}", "put v2"], _fixture.Registry.Requests.Where(request => request.StartsWith("put", StringComparison.Ordinal)));
        Assert.Equal(2, pushed.Layers.Count);
    }

    [Fact]
    public async Task Push_AllPlatformsOfASingleImage_IsRefused()
    {
        _fixture.AddImage("v1");
        await _fixture.Puller.PullAsync(PullFixture.Reference);

        var failure = await Assert.ThrowsAsync<OciException>(() => _fixture.Pusher.PushAsync(PullFixture.Reference, new PushOptions { AllPlatforms = true }));

        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Push_NoManifestHere_MakesOneOfBlobsOrTars(bool hasBlobs)
    {
        var pulledManifest = _fixture.AddImage("v1");
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference);
        await _fixture.Root.Content.DeleteAsync(pulledManifest.Digest);
        var config = (await _fixture.Root.Images.FindAsync(pulled.ImageId))!;
        await _fixture.Root.Content.DeleteAsync(pulled.ImageId.Value);
        if (!hasBlobs)
        {
            await foreach (var info in _fixture.Root.Content.ListAsync())
                await _fixture.Root.Content.DeleteAsync(info.Digest);
        }

        var pushed = await _fixture.Pusher.PushAsync(PullFixture.Reference);
        var again = await _fixture.Pusher.PushAsync(PullFixture.Reference);

        Assert.True(pushed.IsNewManifest);
        Assert.False(again.IsNewManifest);
        Assert.Equal(pushed.Manifest.Digest, again.Manifest.Digest);
        var manifest = (ImageManifest)Manifest.Parse(new ManifestContent(pushed.Manifest.MediaType, _fixture.Registry.Put[pushed.Manifest.Digest]));
        Assert.Equal(MediaTypes.DockerManifest, manifest.MediaType);
        Assert.Equal(pulled.ImageId.Value, manifest.Config.Digest);
        Assert.Equal(config.Bytes.ToArray(), _fixture.Registry.Put[manifest.Config.Digest]);
        foreach (var (layer, diffId) in manifest.Layers.Zip(config.DiffIds))
        {
            Assert.Equal(MediaTypes.DockerLayerGzip, layer.MediaType);
            using var unzipped = new System.IO.Compression.GZipStream(new MemoryStream(_fixture.Registry.Put[layer.Digest]), System.IO.Compression.CompressionMode.Decompress);
            Assert.Equal(diffId.Value, await Digest.ComputeAsync(unzipped, DigestAlgorithm.Sha256));
        }
    }

    [Fact]
    public async Task Push_LayerBlobGone_IsRefusedWithItsDigest()
    {
        _fixture.AddImage("v1", layers: 1);
        await _fixture.Puller.PullAsync(PullFixture.Reference);
        var layer = _fixture.Registry.Requests.Last(request => request.StartsWith("blob", StringComparison.Ordinal))["blob ".Length..];
        await _fixture.Root.Content.DeleteAsync(Digest.Parse(layer));

        var failure = await Assert.ThrowsAsync<OciException>(() => _fixture.Pusher.PushAsync(PullFixture.Reference));

        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
        Assert.Contains(layer, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_fixture.Registry.Requests, request => request.StartsWith("put", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Push_NothingOfThatName_IsRefused()
    {
        var missing = await Assert.ThrowsAsync<OciException>(() => _fixture.Pusher.PushAsync(Target));
        var digest = await Assert.ThrowsAsync<OciException>(() => _fixture.Pusher.PushAsync(Target with { Tag = null, Digest = Digest.Compute("x"u8) }));
        var none = await Assert.ThrowsAsync<OciException>(() => _fixture.Pusher.PushAllTagsAsync(Target.Repository).ToListAsync().AsTask());

        Assert.Equal("An image does not exist locally with the tag: registry.example/copy:v2", missing.Message);
        Assert.Equal((OciErrorKind.NotFound, OciErrorKind.InvalidInput, OciErrorKind.NotFound), (missing.Kind, digest.Kind, none.Kind));
    }

    [Fact]
    public async Task PushAllTags_SeveralTags_PushesEachAndTellsOfIt()
    {
        _fixture.AddImage("v1");
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference);
        foreach (string tag in (string[])["b", "a"])
            await TagAsync(Target.WithTag(tag), pulled.ImageId);
        using var cancellation = new CancellationTokenSource();
        await using var events = _fixture.Events.ListenAsync(cancellation.Token).GetAsyncEnumerator(cancellation.Token);
        var next = events.MoveNextAsync();

        var results = await _fixture.Pusher.PushAllTagsAsync(Target.Repository).ToListAsync();

        Assert.Equal(["a", "b"], results.Select(result => result.Reference.Tag));
        Assert.True(await next);
        Assert.Equal((ImageEventType.Push, "registry.example/copy:a"), (events.Current.Type, events.Current.Reference));
    }

    private ValueTask TagAsync(ImageReference reference, ImageId image) => _fixture.Root.References.SetAsync(reference, image);

    private (Descriptor Index, Descriptor Amd64, Descriptor Arm64) AddIndex()
    {
        var amd64 = Add(new Platform("linux", "amd64"));
        var arm64 = Add(new Platform("linux", "arm64"));
        var index = _fixture.Layout.AddIndex("index", amd64, arm64);
        _fixture.Registry.Tags["v1"] = index.Digest;
        return (index, amd64, arm64);

        Descriptor Add(Platform platform) =>
            _fixture.Layout.AddImage(null, [_fixture.Layout.AddGzipLayer(new TarBuilder().File("arch", platform.Architecture).ToArray())], platform);
    }
}
