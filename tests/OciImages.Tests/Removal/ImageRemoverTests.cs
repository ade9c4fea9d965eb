using OciImages.Catalog;
using OciImages.Events;
using OciImages.Removal;
using OciImages.Roots;
using OciImages.TestSupport.Tars;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Removal;

public sealed class ImageRemoverTests : IAsyncLifetime
{
    private static readonly ImageReference V1 = PullFixture.Reference;
    private static readonly ImageReference V2 = PullFixture.Reference with { Tag = "v2" };

    private readonly PullFixture _fixture = new();
    private readonly FakeUsage _usage = new();

    private ImageRemover Remover => new(_fixture.Root, _fixture.Catalog, _fixture.Events, _usage);

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Remove_TheOnlyTag_RemovesImageLayersAndContent()
    {
        var manifest = _fixture.AddImage("v1", layers: 2);
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        var layers = (await _fixture.Catalog.InspectAsync(image.ToString())).Layers;

        var removed = await Remover.RemoveAsync(V1.ToString());

        Assert.Equal(
            [
                "untagged registry.example/app:v1", $"untagged registry.example/app@{manifest.Digest}", $"deleted {image}",
                $"deleted {layers[1].ChainId}", $"deleted {layers[0].ChainId}",
            ],
            Lines(removed));
        Assert.Null(await _fixture.Catalog.FindAsync(image.ToString()));
        Assert.Empty(await _fixture.Root.Layers.ListAsync().ToListAsync());
        Assert.Empty(await _fixture.Root.Content.ListAsync().ToListAsync());
        Assert.Empty(await _fixture.Root.Origins.ListImagesAsync().ToListAsync());
    }

    [Fact]
    public async Task Remove_OneOfTwoTags_OnlyUntags()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        await TagAsync(image, V2);

        var removed = await Remover.RemoveAsync(V1.ToString());

        Assert.Equal(["untagged registry.example/app:v1"], Lines(removed));
        Assert.NotNull(await _fixture.Catalog.FindAsync(V2.ToString()));
    }

    [Fact]
    public async Task Remove_OfWhatSharesLayersAndBlobs_KeepsTheOthers()
    {
        var shared = _fixture.Layout.AddGzipLayer(new TarBuilder().File("base").ToArray());
        var own = _fixture.Layout.AddGzipLayer(new TarBuilder().File("own").ToArray());
        _fixture.Registry.Tags["v1"] = _fixture.Layout.AddImage(null, [shared]).Digest;
        _fixture.Registry.Tags["v2"] = _fixture.Layout.AddImage(null, [shared, own]).Digest;
        var kept = await _fixture.Puller.PullAsync(V1);
        var gone = await _fixture.Puller.PullAsync(V2);

        var removed = await Remover.RemoveAsync(V2.ToString());

        Assert.Single(removed, item => item.Deleted is { } deleted && deleted != gone.ImageId.Value);
        Assert.Single((await _fixture.Catalog.InspectAsync(kept.ImageId.ToString())).Layers);
        Assert.NotNull(await _fixture.Root.Content.FindAsync(shared.Blob.Digest));
        Assert.Null(await _fixture.Root.Content.FindAsync(own.Blob.Digest));
    }

    [Fact]
    public async Task Remove_ByIdWithTagsInTwoRepositories_NeedsForce()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        await TagAsync(image, ImageReference.Parse("other:v1"));
        string id = image.Value.Hex[..12];

        var failure = await Assert.ThrowsAsync<OciException>(() => Remover.RemoveAsync(id));

        Assert.Equal($"conflict: unable to delete {id} (must be forced) - image is referenced in multiple repositories", failure.Message);
        Assert.Equal(OciErrorKind.Conflict, failure.Kind);
        Assert.Equal(2, (await _fixture.Catalog.FindAsync(id))!.RepoTags.Count);
        Assert.Contains($"deleted {image}", Lines(await Remover.RemoveAsync(id, new RemoveOptions { Force = true })));
    }

    [Fact]
    public async Task Remove_WithAChild_OnlyUntagsByNameAndRefusesById()
    {
        var (parent, child) = await AddFamilyAsync();

        Assert.DoesNotContain($"deleted {parent}", Lines(await Remover.RemoveAsync(V1.ToString())));
        var failure = await Assert.ThrowsAsync<OciException>(() => Remover.RemoveAsync(parent.ToString(), new RemoveOptions { Force = true }));

        Assert.Equal($"conflict: unable to delete {parent.Value.Hex[..12]} (cannot be forced) - image has dependent child images", failure.Message);
        Assert.NotNull(await _fixture.Catalog.FindAsync(child.ToString()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Remove_OfAChild_TakesItsUntaggedParentAlongUnlessToldNotTo(bool keepParents)
    {
        var (parent, child) = await AddFamilyAsync();
        await Remover.RemoveAsync(V1.ToString());

        var removed = await Remover.RemoveAsync(V2.ToString(), new RemoveOptions { KeepParents = keepParents });

        Assert.Contains($"deleted {child}", Lines(removed));
        Assert.Equal(!keepParents, Lines(removed).Contains($"deleted {parent}"));
        Assert.Equal(keepParents, await _fixture.Catalog.FindAsync(parent.ToString()) is not null);
    }

    [Fact]
    public async Task Remove_WithARunningContainer_IsRefused()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        _usage.Users[image] = [new ImageUser("0123456789abcdef", IsRunning: true)];
        string id = image.Value.Hex[..12];

        var byName = await Assert.ThrowsAsync<OciException>(() => Remover.RemoveAsync(V1.ToString()));
        var byId = await Assert.ThrowsAsync<OciException>(() => Remover.RemoveAsync(id, new RemoveOptions { Force = true }));
        // By force the name goes, the image stays, in silence.
        var forced = await Remover.RemoveAsync(V1.ToString(), new RemoveOptions { Force = true });

        Assert.Equal(
            $"conflict: unable to remove repository reference \"registry.example/app:v1\" (must force) - container 0123456789ab is using its referenced image {id}",
            byName.Message);
        Assert.Equal($"conflict: unable to delete {id} (cannot be forced) - image is being used by running container 0123456789ab", byId.Message);
        Assert.All(forced, item => Assert.NotNull(item.Untagged));
        Assert.NotNull(await _fixture.Catalog.FindAsync(id));
    }

    [Fact]
    public async Task Remove_ByIdWithAStoppedContainer_NeedsForce()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        _usage.Users[image] = [new ImageUser("stopped", IsRunning: false)];

        var failure = await Assert.ThrowsAsync<OciException>(() => Remover.RemoveAsync(image.ToString()));

        Assert.Contains("(must be forced) - image is being used by stopped container stopped", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"deleted {image}", Lines(await Remover.RemoveAsync(image.ToString(), new RemoveOptions { Force = true })));
    }

    [Theory]
    [InlineData("nosuch", "No such image: nosuch:latest", OciErrorKind.NotFound)]
    [InlineData("a/b:c", "No such image: a/b:c", OciErrorKind.NotFound)]
    [InlineData(" ", "image name cannot be blank", OciErrorKind.InvalidInput)]
    public async Task Remove_OfNothing_SaysSo(string name, string message, OciErrorKind kind)
    {
        var failure = await Assert.ThrowsAsync<OciException>(() => Remover.RemoveAsync(name));

        Assert.Equal((message, kind), (failure.Message, failure.Kind));
    }

    [Fact]
    public async Task Remove_OfAnImageWithADamagedConfig_Works()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        string config = Path.Combine(_fixture.Root.Path, "image", "blob", "imagedb", "content", "sha256", image.Value.Hex);
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(config, "damaged");

        var removed = await Remover.RemoveAsync(V1.ToString());
        await Remover.PruneAsync();

        Assert.Contains($"deleted {image}", Lines(removed));
        Assert.False(File.Exists(config));
    }

    [Fact]
    public async Task Prune_ByDefault_TakesOnlyWhatHasNoTag()
    {
        _fixture.AddImage("v1");
        var old = (await _fixture.Puller.PullAsync(V1)).ImageId;
        _fixture.AddImage("v1", salt: "newer");
        var current = (await _fixture.Puller.PullAsync(V1)).ImageId;

        var result = await Remover.PruneAsync();

        Assert.Contains($"deleted {old}", Lines(result.Items));
        Assert.True(result.SpaceReclaimed > 0 && result.ContentReclaimed > 0);
        Assert.NotNull(await _fixture.Catalog.FindAsync(current.ToString()));
        Assert.Empty((await Remover.PruneAsync()).Items);
    }

    [Fact]
    public async Task Prune_All_TellsWhatStandsInTheWay()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        _usage.Users[image] = [new ImageUser("busy", IsRunning: true)];

        var result = await Remover.PruneAsync(new PruneOptions { All = true });

        Assert.Empty(result.Items);
        Assert.Contains("container busy", result.Blocked[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_TwiceAtOnce_IsRefused()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        var remover = Remover;
        _usage.Gate = new TaskCompletionSource();
        _usage.Users[image] = [];
        var first = remover.PruneAsync(new PruneOptions { All = true });

        var failure = await Assert.ThrowsAsync<OciException>(() => remover.PruneAsync());
        _usage.Gate.SetResult();
        await first;

        Assert.Equal("a prune operation is already running", failure.Message);
    }

    [Fact]
    public async Task Prune_OnARootOfTwoDrivers_KeepsTheContentOfTheOther()
    {
        var manifest = _fixture.AddImage("v1");
        await _fixture.Puller.PullAsync(V1);
        await using var other = ImageRoot.Open(new ImageRootOptions { Path = _fixture.Root.Path, Driver = "vfs" });

        await new ImageRemover(other, new ImageCatalog(other), _fixture.Events).PruneAsync(new PruneOptions { All = true });

        Assert.NotNull(await _fixture.Root.Content.FindAsync(manifest.Digest));
        Assert.Equal(4, (await _fixture.Root.Content.ListAsync().ToListAsync()).Count);
    }

    [Fact]
    public async Task Remove_WhileTheRecordOfAnotherIsDamaged_RemovesTheImageAndKeepsAllContent()
    {
        _fixture.AddImage("v1");
        var damaged = (await _fixture.Puller.PullAsync(V1)).ImageId;
        _fixture.AddImage("v2", salt: "other");
        await _fixture.Puller.PullAsync(V2);
        int content = (await _fixture.Root.Content.ListAsync().ToListAsync()).Count;
        await File.WriteAllTextAsync(Path.Combine(_fixture.Root.Path, "oci-images", "blob", "origins", "sha256", damaged.Value.Hex), "{");

        await Remover.RemoveAsync(V2.ToString());

        Assert.Null(await _fixture.Catalog.FindAsync(V2.ToString()));
        Assert.Equal(content, (await _fixture.Root.Content.ListAsync().ToListAsync()).Count);
        Assert.Equal(OciErrorKind.Corrupt, (await Assert.ThrowsAnyAsync<OciException>(() => Remover.PruneAsync())).Kind);
    }

    [Fact]
    public async Task Remove_PublishesEvents()
    {
        _fixture.AddImage("v1");
        var image = (await _fixture.Puller.PullAsync(V1)).ImageId;
        var events = _fixture.Events.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();

        await Remover.RemoveAsync(V1.ToString());

        var types = new List<ImageEventType>();
        while (types.Count < 3 && await events.MoveNextAsync())
        {
            Assert.Equal(image, events.Current.ImageId);
            types.Add(events.Current.Type);
        }
        await events.DisposeAsync();
        Assert.Equal([ImageEventType.Untag, ImageEventType.Untag, ImageEventType.Delete], types);
    }

    private async Task<(ImageId Parent, ImageId Child)> AddFamilyAsync()
    {
        var shared = _fixture.Layout.AddGzipLayer(new TarBuilder().File("base").ToArray());
        var own = _fixture.Layout.AddGzipLayer(new TarBuilder().File("own").ToArray());
        _fixture.Registry.Tags["v1"] = _fixture.Layout.AddImage(null, [shared]).Digest;
        _fixture.Registry.Tags["v2"] = _fixture.Layout.AddImage(null, [shared, own]).Digest;
        var parent = (await _fixture.Puller.PullAsync(V1)).ImageId;
        var child = (await _fixture.Puller.PullAsync(V2)).ImageId;
        await _fixture.Root.Images.SetParentAsync(child, parent);
        return (parent, child);
    }

    private Task TagAsync(ImageId image, ImageReference tag) =>
        new ImageTagger(_fixture.Root, _fixture.Catalog, _fixture.Events).TagAsync(image.ToString(), tag);

    private static List<string> Lines(IEnumerable<RemovedItem> items) =>
        [.. items.Select(item => item.Untagged is { } reference ? $"untagged {reference}" : $"deleted {item.Deleted}")];
}
