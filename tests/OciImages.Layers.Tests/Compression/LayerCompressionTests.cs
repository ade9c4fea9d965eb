using System.IO.Compression;
using System.Text;
using System.Text.Json;
using OciImages.Layers.Compression;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Compression;

public class LayerCompressionTests
{
    public static readonly byte[] Text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i * i}\n")));

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(200_000)]
    public async Task Open_EachFormat_GivesTheTarAndDisposesTheBlob(int readSize)
    {
        foreach (byte[] blob in new[] { Text, Blobs.Gzip(Text), Blobs.Zstd(Text) })
        {
            var inner = new MemoryStream(blob);
            Assert.Equal(Text, await Blobs.OpenAsync(inner, readSize));
            Assert.False(inner.CanRead);
        }
    }

    [Fact]
    public async Task Open_EmptyBlob_IsAnEmptyTar() => Assert.Empty(await Blobs.OpenAsync(new MemoryStream()));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(11)]
    public async Task Open_ShortUncompressedBlob_IsGivenAsItIs(int length) =>
        Assert.Equal(Text[..length], await Blobs.OpenAsync(new MemoryStream(Text[..length])));

    [Fact]
    public async Task Open_Bzip2OrXz_IsUnsupportedByName()
    {
        byte[] bzip2 = [.. "BZh9"u8, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 1, 2, 3];
        byte[] emptyBzip2 = [.. "BZh9"u8, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0];
        byte[] xz = [0xfd, .. "7zXZ"u8, 0, 0, 4];
        foreach ((byte[] blob, string name) in new[] { (bzip2, "bzip2"), (emptyBzip2, "bzip2"), (xz, "xz") })
        {
            var inner = new MemoryStream(blob);
            OciException error = await Assert.ThrowsAsync<OciException>(() => Blobs.OpenAsync(inner));
            Assert.Equal(OciErrorKind.Unsupported, error.Kind);
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
            Assert.False(inner.CanRead);
        }
    }

    [Fact]
    public async Task Open_TarWhoseFirstNameBeginsWithBZh_IsATar()
    {
        byte[] tar = [.. "BZh9-release-notes.txt"u8, .. new byte[490]];
        Assert.Equal(tar, await Blobs.OpenAsync(new MemoryStream(tar)));
    }

    [Theory]
    [InlineData(new byte[] { 40, 181, 253, 4 }, LayerCompressionKind.None)]
    [InlineData(new byte[] { 0x50, 0x2a, 0x4d, 0x18 }, LayerCompressionKind.Zstd)]
    [InlineData(new byte[] { 0x5f, 0x2a, 0x4d, 0x18 }, LayerCompressionKind.Zstd)]
    [InlineData(new byte[] { 0x60, 0x2a, 0x4d, 0x18 }, LayerCompressionKind.None)]
    [InlineData(new byte[] { 0x1f, 0x8b, 8 }, LayerCompressionKind.Gzip)]
    [InlineData(new byte[] { 0x1f, 0x8b, 7, 0 }, LayerCompressionKind.None)]
    public void Detect_FirstBytes_DecideAsInDocker(byte[] start, LayerCompressionKind kind) => Assert.Equal(kind, LayerCompression.Detect(start));

    // The rows of TestDetectCompressionZstd in archive.json are the same ones after the extraction dropped bytes that came before: no frames.
    [Fact]
    public async Task Open_FramesOfContainerd_AreZstd()
    {
        using JsonDocument tables = JsonDocument.Parse(await File.ReadAllBytesAsync(RepositoryRoot.Corpus("containerd.json")));
        JsonElement table = tables.RootElement.EnumerateArray().Single(element => element.GetProperty("func").GetString() == "TestDetectCompressionZstd");
        foreach (JsonElement row in table.GetProperty("rows").EnumerateArray())
        {
            byte[] blob = [.. row.GetProperty("source").EnumerateArray().Select(value => value.GetByte())];
            Assert.Equal(row.GetProperty("expected").GetProperty("$ident").GetString(), $"{LayerCompression.Detect(blob)}");
            Assert.Equal("docker"u8.ToArray(), await Blobs.OpenAsync(blob));
        }
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar", LayerCompressionKind.None)]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip", LayerCompressionKind.Gzip)]
    [InlineData("application/vnd.oci.image.layer.v1.tar+zstd", LayerCompressionKind.Zstd)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", LayerCompressionKind.Zstd)]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.gzip", LayerCompressionKind.Gzip)]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", LayerCompressionKind.Gzip)]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar", LayerCompressionKind.None)]
    [InlineData("application/vnd.oci.image.config.v1+json", null)]
    [InlineData("", null)]
    public void FromMediaType_AnyType_SaysWhatItNames(string mediaType, LayerCompressionKind? kind) =>
        Assert.Equal(kind, LayerCompression.FromMediaType(mediaType));

    [Fact]
    public async Task Open_MoreThanTheLimit_IsRefusedWhenItIsReached()
    {
        byte[] bomb = Blobs.Gzip(new byte[20 << 20]);
        var options = new LayerCompressionOptions { MaxDecompressedSize = 1 << 20 };
        OciException error = await Assert.ThrowsAsync<OciException>(() => Blobs.OpenAsync(new MemoryStream(bomb), 4096, options));
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        options.MaxDecompressedSize = 20 << 20;
        Assert.Equal(20 << 20, (await Blobs.OpenAsync(new MemoryStream(bomb), 4096, options)).Length);
    }
}
