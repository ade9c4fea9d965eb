using System.Formats.Tar;
using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using OciImages.Layers.Compression;
using TarReader = OciImages.Layers.Tar.TarReader;

namespace OciImages.Benchmarks;

/// <summary>What a layer's bytes pass through, in memory: 2,000 files of 8 KiB, beside what the BCL takes for the same.</summary>
[MemoryDiagnoser]
public class LayerBenchmarks
{
    private readonly byte[] _buffer = new byte[128 * 1024];
    private byte[] _tar = [];
    private byte[] _gzip = [];

    [GlobalSetup]
    public void Setup()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            var random = new Random(1);
            for (int i = 0; i < 2000; i++)
            {
                byte[] content = new byte[8192];
                for (int j = 0; j < content.Length; j++)
                    content[j] = (byte)('a' + random.Next(20));
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"usr/share/package-{i % 50}/file-{i}") { DataStream = new MemoryStream(content) });
            }
        }
        _tar = tar.ToArray();
        using var gzip = new MemoryStream();
        using (var compressor = new GZipStream(gzip, CompressionLevel.Optimal, leaveOpen: true))
            compressor.Write(_tar);
        _gzip = gzip.ToArray();
    }

    [Benchmark]
    public async Task<int> ReadTar()
    {
        var reader = new TarReader(new MemoryStream(_tar));
        int entries = 0;
        while (await reader.ReadEntryAsync() is not null)
        {
            entries++;
            while (await reader.ReadAsync(_buffer) > 0)
            {
            }
        }
        return entries;
    }

    [Benchmark]
    public async Task<int> ReadTarWithTheBcl()
    {
        using var reader = new System.Formats.Tar.TarReader(new MemoryStream(_tar));
        int entries = 0;
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            entries++;
            while (entry.DataStream is not null && await entry.DataStream.ReadAsync(_buffer) > 0)
            {
            }
        }
        return entries;
    }

    [Benchmark]
    public async Task<long> Inflate() => await DrainAsync(await LayerCompression.OpenAsync(new MemoryStream(_gzip)));

    [Benchmark]
    public async Task<long> InflateWithTheBcl() => await DrainAsync(new GZipStream(new MemoryStream(_gzip), CompressionMode.Decompress));

    [Benchmark]
    public Digest Hash() => Digest.Compute(_tar);

    private async Task<long> DrainAsync(Stream stream)
    {
        long total = 0;
        await using (stream)
        {
            for (int read; (read = await stream.ReadAsync(_buffer)) > 0;)
                total += read;
        }
        return total;
    }
}
