using System.Diagnostics;
using OciImages.Catalog;
using OciImages.Roots;

namespace OciImages.Benchmarks.Roots;

/// <summary>
/// Times what a process does first with a root of 10,000 images, where a benchmark's warm-up would hide it:
/// <c>dotnet run -c Release -- many-images [DIRECTORY]</c>. The root is kept when a directory is named, and used again.
/// </summary>
internal static class ManyImagesTimes
{
    private const int Images = 10_000;
    private const int Layers = 300;
    private const string Driver = "vfs";

    internal static async Task RunAsync(string? directory)
    {
        string path = directory ?? Path.Combine(Path.GetTempPath(), $"oci-many-images-{Environment.ProcessId}");
        try
        {
            if (!Directory.Exists(Path.Combine(path, "image")))
                ManyImagesRoot.Create(path, Driver, Images, Layers);
            await MeasureAsync(path, "cold code");
            await MeasureAsync(path, "warm code");
            await MeasureAsync(path, "warm code");
        }
        finally
        {
            if (directory is null)
                Directory.Delete(path, recursive: true);
        }
    }

    private static async Task MeasureAsync(string path, string title)
    {
        Console.WriteLine($"-- {title}");
        var clock = new StepClock();
        await using var root = ImageRoot.Open(new ImageRootOptions { Path = path, Driver = Driver });
        var catalog = new ImageCatalog(root);
        var first = await root.Images.ListInfoAsync().FirstAsync();
        clock.Tell("open, with every image's facts");
        clock.Restart();
        var references = await root.References.ListAsync().ToListAsync();
        clock.Tell($"read {references.Count} references");
        clock.Restart();
        int layers = await root.Layers.ListAsync().CountAsync();
        clock.Tell($"read {layers} layers");
        clock.Restart();
        var images = await catalog.ListAsync().ToListAsync();
        clock.Tell($"list {images.Count} images");
        clock.Restart();
        await catalog.ListAsync().CountAsync();
        clock.Tell("list again");
        const int Times = 1000;
        clock.Restart();
        for (int i = 0; i < Times; i++)
            _ = await root.References.FindAsync(references[i * 7 % references.Count].Reference);
        clock.Tell($"resolve {Times} tags");
        clock.Restart();
        for (int i = 0; i < Times; i++)
            _ = await root.Images.FindByPrefixAsync(images[i * 7 % images.Count].Id.Short);
        clock.Tell($"resolve {Times} ID prefixes");
        clock.Restart();
        int standing = await root.Images.ListByTopLayerAsync(first.TopLayer).CountAsync();
        clock.Tell($"find {standing} images on a layer");
        byte[] config = (await root.Images.FindAsync(first.Id))!.Bytes.ToArray();
        clock.Restart();
        await root.Images.DeleteAsync(first.Id);
        clock.Tell("delete an image");
        clock.Restart();
        await root.Images.PutAsync(config);
        clock.Tell("put it again");
        clock.Restart();
        await root.References.SetAsync(references[0].Reference, first.Id);
        clock.Tell("move a tag");
        await root.References.SetAsync(references[0].Reference, references[0].ImageId);
        clock.Restart();
        await root.References.FindAsync(references[1].Reference);
        clock.Tell("resolve a tag right after it");
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"memory: peak {process.PeakWorkingSet64 >> 20} MiB, managed heap {GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB");
    }

}
