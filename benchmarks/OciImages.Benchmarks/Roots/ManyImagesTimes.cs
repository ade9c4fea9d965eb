using System.Diagnostics;
using System.Globalization;
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
        var clock = Stopwatch.StartNew();
        await using var root = ImageRoot.Open(new ImageRootOptions { Path = path, Driver = Driver });
        var catalog = new ImageCatalog(root);
        var first = await root.Images.ListInfoAsync().FirstAsync();
        Tell("open, with every image's facts", clock);
        clock.Restart();
        var references = await root.References.ListAsync().ToListAsync();
        Tell($"read {references.Count} references", clock);
        clock.Restart();
        int layers = await root.Layers.ListAsync().CountAsync();
        Tell($"read {layers} layers", clock);
        clock.Restart();
        var images = await catalog.ListAsync().ToListAsync();
        Tell($"list {images.Count} images", clock);
        clock.Restart();
        await catalog.ListAsync().CountAsync();
        Tell("list again", clock);
        const int Times = 1000;
        clock.Restart();
        for (int i = 0; i < Times; i++)
            _ = await root.References.FindAsync(references[i * 7 % references.Count].Reference);
        Tell($"resolve {Times} tags", clock);
        clock.Restart();
        for (int i = 0; i < Times; i++)
            _ = await root.Images.FindByPrefixAsync(images[i * 7 % images.Count].Id.Short);
        Tell($"resolve {Times} ID prefixes", clock);
        clock.Restart();
        int standing = await root.Images.ListByTopLayerAsync(first.TopLayer).CountAsync();
        Tell($"find {standing} images on a layer", clock);
        byte[] config = (await root.Images.FindAsync(first.Id))!.Bytes.ToArray();
        clock.Restart();
        await root.Images.DeleteAsync(first.Id);
        Tell("delete an image", clock);
        clock.Restart();
        await root.Images.PutAsync(config);
        Tell("put it again", clock);
        clock.Restart();
        await root.References.SetAsync(references[0].Reference, first.Id);
        Tell("move a tag", clock);
        await root.References.SetAsync(references[0].Reference, references[0].ImageId);
        clock.Restart();
        await root.References.FindAsync(references[1].Reference);
        Tell("resolve a tag right after it", clock);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"memory: peak {process.PeakWorkingSet64 >> 20} MiB, managed heap {GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB");
    }

    private static void Tell(string what, Stopwatch clock) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalMilliseconds,9:F2} ms  {what}"));
}
