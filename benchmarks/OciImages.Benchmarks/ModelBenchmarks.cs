using System.Text;
using BenchmarkDotNet.Attributes;
using OciImages.Manifests;

namespace OciImages.Benchmarks;

/// <summary>What every request parses.</summary>
[MemoryDiagnoser]
public class ModelBenchmarks
{
    private readonly string _digest = Digest.Compute("content"u8).ToString();
    private readonly ManifestContent _manifest = CreateManifest(layers: 20);

    [Benchmark]
    public Digest ParseDigest() => Digest.Parse(_digest);

    [Benchmark]
    public ImageReference ParseReference() => ImageReference.Parse("registry.example:5000/team/project/app:v1.2.3");

    [Benchmark]
    public Manifest ParseManifest() => Manifest.Parse(_manifest);

    private static ManifestContent CreateManifest(int layers)
    {
        var blobs = Enumerable.Range(0, layers).Select(i => new Descriptor(MediaTypes.OciLayerGzip, Digest.Compute(Encoding.ASCII.GetBytes($"{i}")), 1000));
        return ImageManifest.Create(new Descriptor(MediaTypes.OciConfig, Digest.Compute("{}"u8), 2), [.. blobs]).Content;
    }
}
