using OciImages;
using OciImages.Content.Local;
using OciImages.Images;
using OciImages.IO;
using OciImages.References;

/// <summary>Reads everything that a process of another user may not, and says of each what came: "NAME KIND PATH", or "NAME absent".</summary>
internal static class Probe
{
    private static readonly Digest Digest = Digest.Compute("content"u8);
    private static readonly ImageId Image = new(Digest);

    /// <param name="directory">Where the stores are: content, imagedb, references/repositories.json, origins.</param>
    internal static async Task RunAsync(string directory)
    {
        var content = new LocalContentStore(Path.Combine(directory, "content"));
        await TryAsync("find", async () => await content.FindAsync(Digest));
        await TryAsync("open", async () => await content.OpenReadAsync(Digest));
        await TryAsync("list", async () => await content.ListAsync().CountAsync());
        await TryAsync("delete", async () => await content.DeleteAsync(Digest));
        await TryAsync("ingests", async () => await content.ListIngestsAsync().CountAsync());
        await TryAsync("abort", async () => await content.AbortAsync("a"));
        await TryAsync("leases", async () => await content.ListLeasesAsync().CountAsync());
        await TryAsync("lease", async () => await content.FindLeaseAsync("a"));
        await TryAsync("unleased", async () => await content.DeleteUnleasedAsync([Digest], DateTimeOffset.MaxValue, dryRun: true));
        await TryAsync("label", async () => await content.UpdateLabelsAsync(Digest, new Dictionary<string, string?>()));
        await TryAsync("index", async () => await content.ReadIndexAsync());
        await TryAsync("check", async () => await content.CheckAsync().CountAsync());
        var images = new FileImageStore(Path.Combine(directory, "imagedb"));
        await TryAsync("image", async () => await images.FindAsync(Image));
        await TryAsync("images", async () => await images.ListAsync().CountAsync());
        await TryAsync("prefix", async () => await images.FindByPrefixAsync("ab"));
        await TryAsync("parent", async () => await images.GetParentAsync(Image));
        await TryAsync("children", async () => await images.ListChildrenAsync(Image).CountAsync());
        await TryAsync("updated", async () => await images.GetLastUpdatedAsync(Image));
        await TryAsync("deleteimage", async () => await images.DeleteAsync(Image));
        var references = new FileReferenceStore(Path.Combine(directory, "references", "repositories.json"));
        await TryAsync("reference", async () => await references.FindAsync(ImageReference.Parse("a:1")));
        await TryAsync("references", async () => await references.ListAsync().CountAsync());
        await TryAsync("untag", async () => await references.RemoveAsync(ImageReference.Parse("a:1")));
        var origins = new FileImageOriginStore(Path.Combine(directory, "origins"));
        await TryAsync("origins", async () => await origins.ReadAsync(Image));
        await TryAsync("origin", async () => await origins.ListImagesAsync().CountAsync());
        await TryAsync("deleteorigin", async () => await origins.DeleteAsync(Image));
    }

    private static async Task TryAsync(string name, Func<Task> action)
    {
        try
        {
            await action();
            Console.WriteLine($"{name} absent");
        }
        catch (StorageException e)
        {
            Console.WriteLine($"{name} {e.Kind} {e.Path}");
        }
        catch (OciException e)
        {
            Console.WriteLine($"{name} {e.Kind}");
        }
    }
}
