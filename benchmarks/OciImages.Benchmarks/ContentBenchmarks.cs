using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using OciImages.Content;
using OciImages.Content.Collection;
using OciImages.Content.Local;
using OciImages.Manifests;

namespace OciImages.Benchmarks;

/// <summary>A local store of 100,000 blobs: 10,000 images of 8 blobs each, and 20,000 blobs that nothing needs.</summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, iterationCount: 3, warmupCount: 0, launchCount: 1)]
public class ContentBenchmarks : IContentGraph
{
    private const int Images = 10_000;
    private const int Unneeded = 20_000;

    private readonly List<Descriptor> _roots = [];
    private string _root = "";
    private LocalContentStore? _reader;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _root = Directory.CreateTempSubdirectory("oci-bench-").FullName;
        var store = _reader = new LocalContentStore(_root);
        await store.WriteSmallAsync("first"u8.ToArray(), Digest.Compute("first"u8));
        for (int i = 0; i < Images; i++)
        {
            var config = Add(MediaTypes.OciConfig, $$"""{"n":{{i}}}""");
            var layers = Enumerable.Range(0, 6).Select(layer => Add(MediaTypes.OciLayerGzip, $"layer {layer} of {i}")).ToList();
            var manifest = ImageManifest.Create(config, layers).Content;
            Write(manifest.Descriptor.Digest, manifest.Bytes.Span);
            _roots.Add(manifest.Descriptor);
        }
    }

    [IterationSetup]
    public void AddUnneeded()
    {
        for (int i = 0; i < Unneeded; i++)
            Add(MediaTypes.OciLayer, $"unneeded {i}");
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_root, recursive: true);

    [Benchmark]
    public async Task<int> OpenAndCollect() =>
        (await new ContentCollector(new LocalContentStore(_root), this).CollectAsync(new() { GracePeriod = TimeSpan.Zero })).Content.Count;

    [Benchmark]
    public async Task<int> OpenAndPlan() =>
        (await new ContentCollector(new LocalContentStore(_root), this).CollectAsync(new() { GracePeriod = TimeSpan.Zero, DryRun = true })).Content.Count;

    [Benchmark]
    public async Task<bool> OpenAndFindOne() => await new LocalContentStore(_root).FindAsync(_roots[0].Digest) is not null;

    [Benchmark]
    public async Task<int> ListAll() => await new LocalContentStore(_root).ListAsync().CountAsync();

    public async IAsyncEnumerable<Descriptor> ListRootsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var root in _roots)
            yield return root;
        await Task.CompletedTask;
    }

    public ValueTask<IReadOnlyList<Descriptor>> ListReferencesAsync(Descriptor content, CancellationToken cancellationToken = default) =>
        ManifestReferences.ReadAsync(_reader!, content, cancellationToken);

    // Not through the store: 100,000 times fsync is not what is measured.
    private Descriptor Add(string mediaType, string content)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(content);
        var digest = Digest.Compute(bytes);
        Write(digest, bytes);
        return new Descriptor(mediaType, digest, bytes.Length);
    }

    private void Write(Digest digest, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(_root, "blobs", "sha256", digest.Hex);
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
    }
}
