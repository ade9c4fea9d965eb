using System.Text;
using OciImages.Content.Collection;
using OciImages.Manifests;

namespace OciImages.Content.Tests;

public abstract partial class ContentStoreContract
{
    private static readonly ContentCollectionOptions AtOnce = new() { GracePeriod = TimeSpan.Zero };

    [Fact]
    public async Task Collect_DeletesWhatNothingNeeds_AndKeepsWhatRootsReach()
    {
        var image = await AddImageAsync("kept", 3);
        var other = await AddImageAsync("gone", 2);
        var index = ImageIndex.Create([image.Content.Descriptor]);
        await Store.WriteSmallAsync(index.Content.Bytes, index.Content.Descriptor.Digest);
        Time.Advance(TimeSpan.FromSeconds(1));
        var graph = new TestGraph(Store) { Roots = { index.Content.Descriptor } };
        var plan = await Collector(graph).CollectAsync(new ContentCollectionOptions { GracePeriod = TimeSpan.Zero, DryRun = true });
        Assert.Equal(10, await Store.ListAsync().CountAsync());
        var result = await Collector(graph).CollectAsync(AtOnce);

        Digest[] gone = [other.Content.Descriptor.Digest, other.Config.Digest, .. other.Layers.Select(layer => layer.Digest)];
        Assert.Equal(gone.Order(), result.Content.Select(info => info.Digest).Order());
        Assert.Equal(plan.Content.OrderBy(info => info.Digest).Select(info => (info.Digest, info.Size)), result.Content.OrderBy(info => info.Digest).Select(info => (info.Digest, info.Size)));
        Assert.Equal(plan.Bytes, result.Bytes);
        Assert.Equal(10, result.Found);
        Digest[] kept = [index.Content.Descriptor.Digest, image.Content.Descriptor.Digest, image.Config.Digest, .. image.Layers.Select(layer => layer.Digest)];
        Assert.Equal(kept.Order(), (await Store.ListAsync().ToListAsync()).Select(info => info.Digest).Order());
        Assert.Empty((await Collector(graph).CollectAsync(AtOnce)).Content);
    }

    [Fact]
    public async Task Collect_Young_Stays()
    {
        await AddAsync("old");
        Time.Advance(TimeSpan.FromMinutes(59));
        var young = await AddAsync("young");
        Time.Advance(TimeSpan.FromMinutes(1).Add(TimeSpan.FromTicks(10)));
        await Collector(new TestGraph(Store)).CollectAsync();

        Assert.Equal(young.Digest, Assert.Single(await Store.ListAsync().ToListAsync()).Digest);
        Assert.Empty((await Collector(new TestGraph(Store)).CollectAsync(new() { GracePeriod = TimeSpan.MaxValue })).Content);
    }

    [Fact]
    public async Task Collect_Leased_StaysUntilTheLeaseIsOver()
    {
        var held = await AddAsync("held");
        Time.Advance(TimeSpan.FromSeconds(1));
        await using var lease = await Other.CreateLeaseAsync(new ContentLeaseOptions { Content = [held.Digest], Duration = TimeSpan.FromHours(1) });
        Assert.Empty((await Collector(new TestGraph(Store)).CollectAsync(AtOnce)).Content);
        Time.Advance(TimeSpan.FromHours(1));

        Assert.Single((await Collector(new TestGraph(Store)).CollectAsync(AtOnce)).Content);
    }

    [Fact]
    public async Task Collect_LeasedWhileItMarks_Stays()
    {
        var late = await AddAsync("late");
        var gone = await AddAsync("gone");
        Time.Advance(TimeSpan.FromSeconds(1));
        ContentLease? lease = null;
        var graph = new TestGraph(Store) { OnRoots = async () => lease = await Other.CreateLeaseAsync(new ContentLeaseOptions { Content = [late.Digest] }) };
        var result = await Collector(graph).CollectAsync(AtOnce);

        Assert.Equal(gone.Digest, Assert.Single(result.Content).Digest);
        Assert.NotNull(await Store.FindAsync(late.Digest));
        await lease!.DisposeAsync();
    }

    [Fact]
    public async Task Collect_RootRecordedAndLeaseReleasedWhileLeasesWereRead_IsFoundFromTheRoots()
    {
        var image = await AddImageAsync("pulled", 1);
        Time.Advance(TimeSpan.FromSeconds(1));
        var graph = new TestGraph(Store);
        graph.OnRoots = () =>
        {
            graph.Roots.Add(image.Content.Descriptor);
            return Task.CompletedTask;
        };

        Assert.Empty((await Collector(graph).CollectAsync(AtOnce)).Content);
    }

    [Fact]
    public async Task Collect_CommittedAgainWhileItMarks_IsYoungAndStays()
    {
        var old = await AddAsync("again");
        Time.Advance(TimeSpan.FromHours(2));
        var graph = new TestGraph(Store)
        {
            OnRoots = async () =>
            {
                await Other.DeleteAsync(old.Digest);
                await AddAsync("again");
            },
        };

        Assert.Empty((await Collector(graph).CollectAsync()).Content);
    }

    [Fact]
    public async Task Collect_MissingContent_IsNoError()
    {
        var image = await AddImageAsync("image", 2);
        await Store.DeleteAsync(image.Config.Digest);
        await Store.DeleteAsync(image.Layers[0].Digest);
        Time.Advance(TimeSpan.FromSeconds(1));
        var graph = new TestGraph(Store) { Roots = { image.Content.Descriptor, new Descriptor(MediaTypes.OciManifest, Absent, 7) } };

        Assert.Empty((await Collector(graph).CollectAsync(AtOnce)).Content);
        Assert.Equal(2, await Store.ListAsync().CountAsync());
    }

    [Fact]
    public async Task Collect_ManifestThatCannotBeUnderstood_DeletesNothing()
    {
        var broken = await AddAsync("{\"schemaVersion\":2,");
        await AddAsync("unneeded");
        Time.Advance(TimeSpan.FromSeconds(1));
        var graph = new TestGraph(Store) { Roots = { new Descriptor(MediaTypes.OciManifest, broken.Digest, broken.Size) } };
        var failure = await Assert.ThrowsAsync<OciException>(async () => await Collector(graph).CollectAsync(AtOnce));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.StartsWith($"Nothing is collected, because it is unknown what {broken.Digest} refers to", failure.Message);
        Assert.Equal(2, await Store.ListAsync().CountAsync());
    }

    [Fact]
    public async Task Collect_NamedUnderALyingMediaType_KeepsWhatItRefersTo()
    {
        var image = await AddImageAsync("image", 1);
        Time.Advance(TimeSpan.FromSeconds(1));
        var graph = new TestGraph(Store)
        {
            Roots = { image.Content.Descriptor with { MediaType = MediaTypes.OciLayer }, image.Content.Descriptor with { MediaType = "" }, image.Config with { MediaType = "" } },
        };

        Assert.Empty((await Collector(graph).CollectAsync(AtOnce)).Content);
    }

    [Fact]
    public async Task Collect_Cancelled_LeavesAValidStore()
    {
        var image = await AddImageAsync("kept", 2);
        for (int i = 0; i < 30; i++)
            await AddAsync(Store, Encoding.UTF8.GetBytes($"unneeded {i}"));
        Time.Advance(TimeSpan.FromSeconds(1));
        using var cancel = new CancellationTokenSource();
        var progress = new List<ContentCollectionProgress>();
        var options = new ContentCollectionOptions
        {
            GracePeriod = TimeSpan.Zero,
            BatchSize = 10,
            Progress = new Listener(step =>
            {
                progress.Add(step);
                cancel.Cancel();
            }),
        };
        var graph = new TestGraph(Store) { Roots = { image.Content.Descriptor } };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Collector(graph).CollectAsync(options, cancel.Token));

        Assert.Equal(new ContentCollectionProgress(34, 4, 10, progress[0].DeletedBytes), Assert.Single(progress));
        Assert.Equal(24, await Store.ListAsync().CountAsync());
        Assert.Equal(20, (await Collector(graph).CollectAsync(AtOnce)).Content.Count);
        Assert.NotNull(await Store.FindAsync(image.Layers[0].Digest));
    }

    [Fact]
    public async Task Collect_BesidePulls_LosesNothingThatWasRecorded()
    {
        var graph = new TestGraph(Store);
        using var done = new CancellationTokenSource();
        var pulls = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                // The same few layers again and again, so that what one pull needs is another's garbage.
                var store = worker % 2 == 0 ? Store : Other;
                await using var lease = await store.CreateLeaseAsync(new ContentLeaseOptions { EndsWithProcess = true });
                var manifest = Image($"{i % 5}", 3);
                foreach (var (descriptor, bytes) in Parts(manifest, $"{i % 5}"))
                {
                    await lease.AddAsync([descriptor.Digest]);
                    await store.WriteSmallAsync(bytes, descriptor.Digest);
                }
                lock (graph.Roots)
                    graph.Roots.Add(manifest.Content.Descriptor);
                foreach (var (descriptor, _) in Parts(manifest, $"{i % 5}"))
                    Assert.NotNull(await store.FindAsync(descriptor.Digest));
                lock (graph.Roots)
                    graph.Roots.Remove(manifest.Content.Descriptor);
            }
        })).ToList();
        int collected = 0;
        var collecting = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                Time.Advance(TimeSpan.FromMilliseconds(1));
                collected += (await Collector(graph).CollectAsync(AtOnce)).Content.Count;
            }
        });
        try
        {
            await Task.WhenAll(pulls);
        }
        finally
        {
            await done.CancelAsync();
            await collecting;
        }

        Time.Advance(TimeSpan.FromMilliseconds(1));
        collected += (await Collector(graph).CollectAsync(AtOnce)).Content.Count;
        Assert.NotEqual(0, collected);
        Assert.Empty(await Store.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task Collect_SweepsIngestsThatNobodyContinues()
    {
        await using (var left = await Store.OpenWriterAsync("left"))
            await left.Output.WriteAsync(Bytes(5));
        await using var open = await Other.OpenWriterAsync("open");
        await open.Output.WriteAsync(Bytes(3));
        // A local store's ingests have the times of the disk.
        Time.Advance(DateTimeOffset.UtcNow.AddHours(25) is var later && later > Time.GetUtcNow() ? later - Time.GetUtcNow() : TimeSpan.FromHours(25));
        var plan = await Collector(new TestGraph(Store)).CollectAsync(new ContentCollectionOptions { DryRun = true });
        Assert.Equal(2, await Store.ListIngestsAsync().CountAsync());
        var result = await Collector(new TestGraph(Store)).CollectAsync();

        Assert.Equal("left", Assert.Single(plan.Ingests).IngestId);
        Assert.Equal("left", Assert.Single(result.Ingests).IngestId);
        Assert.Equal(5, result.Bytes);
        Assert.Equal("open", Assert.Single(await Store.ListIngestsAsync().ToListAsync()).IngestId);
        Assert.Equal(Digest.Compute(Bytes(3)), (await open.CommitAsync()).Digest);
    }

    private ContentCollector Collector(IContentGraph graph) => new(Other, graph, Time);

    private async Task<ImageManifest> AddImageAsync(string name, int layers)
    {
        var manifest = Image(name, layers);
        foreach (var (descriptor, bytes) in Parts(manifest, name))
            await Store.WriteSmallAsync(bytes, descriptor.Digest);
        return manifest;
    }

    private static ImageManifest Image(string name, int layers)
    {
        byte[] config = Encoding.UTF8.GetBytes($$"""{"architecture":"{{name}}"}""");
        return ImageManifest.Create(
            new Descriptor(MediaTypes.OciConfig, Digest.Compute(config), config.Length),
            Enumerable.Range(0, layers).Select(i => Encoding.UTF8.GetBytes($"layer {i} of {name}"))
                .Select(bytes => new Descriptor(MediaTypes.OciLayerGzip, Digest.Compute(bytes), bytes.Length)).ToList());
    }

    private static List<(Descriptor Descriptor, byte[] Bytes)> Parts(ImageManifest manifest, string name) =>
    [
        (manifest.Content.Descriptor, manifest.Content.Bytes.ToArray()),
        (manifest.Config, Encoding.UTF8.GetBytes($$"""{"architecture":"{{name}}"}""")),
        .. manifest.Layers.Select((layer, i) => (layer, Encoding.UTF8.GetBytes($"layer {i} of {name}"))),
    ];

    private sealed class Listener(Action<ContentCollectionProgress> heard) : IProgress<ContentCollectionProgress>
    {
        public void Report(ContentCollectionProgress value) => heard(value);
    }
}
