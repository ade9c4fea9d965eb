using System.Text;
using OciImages.Catalog;
using OciImages.Content;
using OciImages.Events;
using OciImages.Images;
using OciImages.Layers;
using OciImages.Manifests;
using OciImages.Removal;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Tests.Removal;

/// <summary>On any store, a dry run says exactly what the prune then does, to the byte.</summary>
public sealed class PruneDryRunTests(ITestOutputHelper output)
{
    private const int Stores = 500;
    private const int Layers = 5;

    [Fact]
    public async Task Prune_DryRunOnRandomStores_EqualsThePrune()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("OCI_TEST_SEED"), out int given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        for (int round = 0; round < Stores; round++)
            await RunAsync(new Random(seed + round), $"seed {seed}, round {round}");
    }

    private static async Task RunAsync(Random random, string where)
    {
        // In memory where there is such a place: durability is not the point here, and takes nearly all the time.
        string memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string path = Path.Combine(memory, $"oci-prune-{Guid.NewGuid():N}");
        try
        {
            await using var root = ImageRoot.Open(new ImageRootOptions { Path = path, Driver = "blob" });
            var usage = await FillAsync(root, random);
            var remover = new ImageRemover(root, new ImageCatalog(root), new ImageEvents(), usage);
            var options = new PruneOptions
            {
                All = random.Next(2) == 0,
                Until = random.Next(3) == 0 ? Time(random) : null,
                Labels = random.Next(4) == 0 ? [random.Next(2) == 0 ? "a" : "a=1"] : [],
                WithoutLabels = random.Next(4) == 0 ? ["b"] : [],
                DryRun = true,
            };

            var planned = await remover.PruneAsync(options);
            (long Content, long Layer) before = await SizeAsync(root);
            options.DryRun = false;
            var done = await remover.PruneAsync(options);
            (long Content, long Layer) after = await SizeAsync(root);

            Assert.Equal($"{where}\n{Text(planned)}", $"{where}\n{Text(done)}");
            Assert.Equal((where, planned.SpaceReclaimed, planned.ContentReclaimed), (where, done.SpaceReclaimed, done.ContentReclaimed));
            Assert.Equal((where, before.Content - after.Content, before.Layer - after.Layer), (where, done.ContentReclaimed, done.SpaceReclaimed));
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static string Text(PruneResult result) => string.Join('\n', result.Items.Select(item => $"{item.Untagged}{item.Deleted}").Concat(result.Blocked.Select(blocked => $"{blocked}")));

    private static async Task<FakeUsage> FillAsync(ImageRoot root, Random random)
    {
        var usage = new FakeUsage();
        byte[][] tars = [.. Enumerable.Range(0, Layers).Select(i => new TarBuilder().File($"file-{i}", new string('x', random.Next(2000))).ToArray())];
        var images = new List<ImageId>();
        for (int count = random.Next(1, 9); count > 0; count--)
        {
            int[] chain = [.. Enumerable.Range(0, random.Next(1, Layers)).Select(_ => random.Next(Layers))];
            var image = await AddImageAsync(root, random, [.. chain.Select(layer => tars[layer])]);
            if (images.Count > 0 && random.Next(2) == 0 && !images.Contains(image))
                await root.Images.SetParentAsync(image, images[random.Next(images.Count)]);
            images.Add(image);
            for (int tags = random.Next(3); tags > 0; tags--)
                await root.References.SetAsync(ImageReference.Parse($"repository-{random.Next(3)}:tag-{random.Next(3)}"), image);
            if (random.Next(6) == 0)
                usage.Users[image] = [new ImageUser($"container-{count}", random.Next(2) == 0)];
        }
        if (random.Next(2) == 0)
            await root.Content.WriteSmallAsync("stray"u8.ToArray(), Digest.Compute("stray"u8));
        return usage;
    }

    private static async Task<ImageId> AddImageAsync(ImageRoot root, Random random, byte[][] tars)
    {
        var handles = new List<LayerHandle>();
        ChainId? parent = null;
        foreach (byte[] tar in tars)
        {
            await using var staged = await root.Layers.StageAsync(new MemoryStream(tar));
            handles.Add(await staged.CommitAsync(parent));
            parent = handles[^1].Layer.ChainId;
        }
        string labels = string.Join(',', new[] { "\"a\":\"1\"", "\"a\":\"2\"", "\"b\":\"\"" }.Where(_ => random.Next(3) == 0).DistinctBy(label => label[1]));
        string diffIds = string.Join(',', tars.Select(tar => $"\"{Digest.Compute(tar)}\""));
        byte[] config = Encoding.UTF8.GetBytes($$$"""
            {"architecture":"amd64","os":"linux","created":"{{{Time(random):yyyy-MM-ddTHH:mm:ssZ}}}","config":{"Labels":{{{{labels}}}}},"rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}
            """);
        var image = await root.Images.PutAsync(config);
        if (random.Next(3) > 0)
            await AddContentAsync(root, random, image, config, tars);
        foreach (var handle in handles)
            await handle.DisposeAsync();
        return image;
    }

    private static async Task AddContentAsync(ImageRoot root, Random random, ImageId image, byte[] config, byte[][] tars)
    {
        var layers = tars.Select(tar => new Descriptor(MediaTypes.OciLayer, Digest.Compute(tar), tar.Length)).ToList();
        var manifest = ImageManifest.Create(new Descriptor(MediaTypes.OciConfig, image.Value, config.Length), layers);
        foreach (byte[] tar in tars)
            await root.Content.WriteSmallAsync(tar, Digest.Compute(tar));
        await root.Content.WriteSmallAsync(config, image.Value);
        await root.Content.WriteSmallAsync(manifest.Content.Bytes, manifest.Content.Descriptor.Digest);
        var reference = ImageReference.Parse($"repository-{random.Next(3)}:tag-{random.Next(3)}");
        await root.Origins.AddAsync(image, new ImageOrigin(reference, manifest.Content.Descriptor));
        if (random.Next(2) == 0)
            await root.References.SetAsync(reference with { Tag = null, Digest = manifest.Content.Descriptor.Digest }, image);
    }

    private static async Task<(long Content, long Layers)> SizeAsync(ImageRoot root) =>
        ((await root.Content.ListAsync().ToListAsync()).Sum(content => content.Size), (await root.Layers.ListAsync().ToListAsync()).Sum(layer => layer.Size));

    private static DateTimeOffset Time(Random random) => DateTimeOffset.UnixEpoch.AddDays(random.Next(5));
}
