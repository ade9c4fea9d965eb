using System.Runtime.CompilerServices;
using OciImages.Content;
using OciImages.Content.Collection;
using OciImages.Content.Local;

namespace OciImages.Benchmarks.Roots;

/// <summary>
/// Times a collection over 100,000 pieces of content, a tenth of them manifests that keep four others each, so that half of all goes:
/// <c>dotnet run -c Release -- collection [DIRECTORY]</c>.
/// </summary>
internal static class CollectionTimes
{
    private const int Blobs = 100_000;
    private const int Manifests = 10_000;
    private const int Layers = 4;

    internal static async Task RunAsync(string? directory)
    {
        string path = Path.Combine(directory ?? Path.GetTempPath(), $"oci-collection-{Environment.ProcessId}");
        try
        {
            var store = new LocalContentStore(path);
            await (await store.CreateLeaseAsync()).DisposeAsync();
            var roots = Fill(Path.Combine(path, "blobs", "sha256"));
            var collector = new ContentCollector(store, new Graph(store, roots));
            var options = new ContentCollectionOptions { GracePeriod = TimeSpan.Zero, DryRun = true };
            var clock = new StepClock();
            var result = await collector.CollectAsync(options);
            clock.Tell($"dry run: {result.Content.Count} of {result.Found} would go");
            options.DryRun = false;
            clock.Restart();
            result = await collector.CollectAsync(options);
            clock.Tell($"collection: {result.Content.Count} of {result.Found} went");
            clock.Restart();
            result = await collector.CollectAsync(options);
            clock.Tell($"again: {result.Content.Count} of {result.Found} went");
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static List<Descriptor> Fill(string folder)
    {
        var roots = new List<Descriptor>();
        for (int i = 0; i < Manifests; i++)
        {
            string layers = string.Join(',', Enumerable.Range(i * Layers, Layers).Select(layer => Describe(MediaTypes.OciLayer, Write(folder, $"layer {layer}"), $"layer {layer}".Length)));
            string manifest = $$"""
                {"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{Describe(MediaTypes.OciConfig, Digest.Compute("{}"u8), 2)}},"layers":[{{layers}}]}
                """;
            roots.Add(new Descriptor(MediaTypes.OciManifest, Write(folder, manifest), manifest.Length));
        }
        for (int i = Manifests * (Layers + 1); i < Blobs; i++)
            Write(folder, $"garbage {i}");
        return roots;
    }

    private static string Describe(string type, Digest digest, int size) => $$"""{"mediaType":"{{type}}","digest":"{{digest}}","size":{{size}}}""";

    private static Digest Write(string folder, string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var digest = Digest.Compute(bytes);
        File.WriteAllBytes(Path.Combine(folder, digest.Hex), bytes);
        return digest;
    }


    private sealed class Graph(LocalContentStore store, List<Descriptor> roots) : IContentGraph
    {
        public async IAsyncEnumerable<Descriptor> ListRootsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            foreach (var root in roots)
                yield return root;
        }

        public ValueTask<IReadOnlyList<Descriptor>> ListReferencesAsync(Descriptor content, CancellationToken cancellationToken = default) =>
            ManifestReferences.ReadAsync(store, content, cancellationToken);
    }
}
