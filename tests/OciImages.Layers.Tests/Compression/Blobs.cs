using System.IO.Compression;
using OciImages.Layers.Compression;

namespace OciImages.Layers.Tests.Compression;

/// <summary>Compressed blobs for tests, and their reading.</summary>
internal static class Blobs
{
    public static byte[] Gzip(byte[] data, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, level))
            gzip.Write(data);
        return output.ToArray();
    }

    public static byte[] Zstd(byte[] data, int level = 3)
    {
        using var output = new MemoryStream();
        using (var zstd = new ZstdSharp.CompressionStream(output, level))
        {
            zstd.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            zstd.Write(data);
        }
        return output.ToArray();
    }

    public static async Task<byte[]> OpenAsync(Stream blob, int readSize = 10_000, LayerCompressionOptions? options = null)
    {
        await using Stream tar = options is null ? await LayerCompression.OpenAsync(blob) : await LayerCompression.OpenAsync(blob, options);
        using var output = new MemoryStream();
        byte[] buffer = new byte[readSize];
        while (await tar.ReadAsync(buffer) is > 0 and int count)
            output.Write(buffer, 0, count);
        Assert.Equal(0, await tar.ReadAsync(buffer));
        return output.ToArray();
    }

    public static Task<byte[]> OpenAsync(byte[] blob) => OpenAsync(new MemoryStream(blob));

    /// <summary>Gives a stream in pieces of random size.</summary>
    public sealed class DripStream(byte[] content, Random random) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, 40))], cancellationToken);
    }
}
