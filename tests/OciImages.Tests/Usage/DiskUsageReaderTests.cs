using OciImages.Tests.Fakes;
using OciImages.TestSupport.Tars;
using OciImages.Usage;

namespace OciImages.Tests.Usage;

public sealed class DiskUsageReaderTests
{
    [Fact]
    public async Task GetDiskUsage_ImagesThatShareALayer_CountsItOnceAndTellsWhatIsUnique()
    {
        await using var fixture = new PullFixture("vfs");
        var shared = fixture.Layout.AddGzipLayer(new TarBuilder().File("shared", new byte[1000]).ToArray());
        var own = fixture.Layout.AddGzipLayer(new TarBuilder().File("own", new byte[200]).ToArray());
        fixture.Registry.Tags["one"] = fixture.Layout.AddImage(null, [shared]).Digest;
        fixture.Registry.Tags["two"] = fixture.Layout.AddImage(null, [shared, own]).Digest;
        var one = await fixture.Puller.PullAsync(ImageReference.Parse("registry.example/app:one"));
        var two = await fixture.Puller.PullAsync(ImageReference.Parse("registry.example/app:two"));
        var reader = new DiskUsageReader(fixture.Root);

        var usage = await reader.GetDiskUsageAsync();

        Assert.Equal(new DiskUsageTotal(2, 1200, 1200), usage.Layers);
        var items = usage.Images.ToDictionary(image => image.Image.Id);
        Assert.Equal((1000, 0, 0), (items[one.ImageId].SharedSize, items[one.ImageId].UniqueSize, items[one.ImageId].Users));
        Assert.Equal((1000, 200), (items[two.ImageId].SharedSize, items[two.ImageId].UniqueSize));
        // Two manifests, two configs, two layers.
        string[] blobs = Directory.GetFiles(Path.Combine(fixture.Root.Path, "oci-images/content/blobs/sha256"));
        long bytes = blobs.Sum(path => new FileInfo(path).Length);
        Assert.Equal(new DiskUsageTotal(blobs.Length, bytes, bytes), usage.Content);
        Assert.Equal(new DiskUsageTotal(0, 0, 0), usage.Ingests);

        var top = await fixture.Root.Images.ListInfoAsync().SingleAsync(image => image.Id == one.ImageId);
        var layer = await fixture.Root.WritableLayers.CreateAsync("box", top.TopLayer);
        await using (var mount = await layer.MountAsync())
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "written"), "12345");

        usage = await reader.GetDiskUsageAsync();
        Assert.Equal(new DiskUsageTotal(2, 1200, 200), usage.Layers);
        Assert.Equal(1, usage.Images.Single(image => image.Image.Id == one.ImageId).Users);
        Assert.Equal([new WritableLayerDiskUsage("box", top.TopLayer, 5)], usage.WritableLayers);
        Assert.InRange(usage.Content.Reclaimable, 1, bytes - 1);
    }

    [Fact]
    public async Task Pull_100Times_KeepsNoDescriptors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it counts /proc/self/fd");
        await using var fixture = new PullFixture(Environment.IsPrivilegedProcess ? "overlay2" : "vfs");
        fixture.AddImage("v1", layers: 3);
        var remover = new OciImages.Removal.ImageRemover(fixture.Root, fixture.Catalog, fixture.Events);
        int before = 0;
        for (int i = 0; i < 100; i++)
        {
            await fixture.Puller.PullAsync(PullFixture.Reference);
            await remover.RemoveAsync(PullFixture.Reference.ToString());
            if (i == 9)
                before = Descriptors();
        }
        Assert.InRange(Descriptors(), 0, before + 3);

        // Other tests run in this process too: what counts is what the data root has open.
        int Descriptors() => Directory.GetFiles("/proc/self/fd").Count(IsOfTheRoot);

        bool IsOfTheRoot(string path)
        {
            try
            {
                return File.ResolveLinkTarget(path, false)?.FullName.StartsWith(fixture.Root.Path, StringComparison.Ordinal) ?? false;
            }
            catch (FileNotFoundException)
            {
                return false; // closed by another test meanwhile
            }
        }
    }
}
