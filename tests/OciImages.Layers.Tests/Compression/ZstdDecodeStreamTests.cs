using System.Buffers.Binary;
using OciImages.Layers.Compression;

namespace OciImages.Layers.Tests.Compression;

public class ZstdDecodeStreamTests
{
    [Fact]
    public async Task Read_FramesAndSkippableFrames_AreOneTar()
    {
        byte[] text = LayerCompressionTests.Text;
        byte[] skippable = [0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        byte[] blob = [.. skippable, .. Blobs.Zstd(text[..1000]), .. Blobs.Zstd([]), .. skippable, .. Blobs.Zstd(text[1000..]), .. skippable];
        Assert.Equal(text, await Blobs.OpenAsync(blob));
        int seed = Random.Shared.Next();
        byte[] dripped = await Blobs.OpenAsync(new Blobs.DripStream(blob, new Random(seed)));
        Assert.True(text.SequenceEqual(dripped), $"seed {seed}");
    }

    [Fact]
    public async Task Read_TruncatedAtAnyByte_IsCorrupt()
    {
        byte[] blob = Blobs.Zstd(LayerCompressionTests.Text[..2000]);
        for (int length = 1; length < blob.Length; length++)
            await AssertErrorAsync(blob[..length], OciErrorKind.Corrupt);
    }

    [Fact]
    public async Task Read_GarbageOrDamage_IsCorrupt()
    {
        byte[] blob = Blobs.Zstd(LayerCompressionTests.Text);
        await AssertErrorAsync([.. blob, 1, 2, 3, 4, 5], OciErrorKind.Corrupt);
        blob[^1] ^= 1;
        await AssertErrorAsync(blob, OciErrorKind.Corrupt);
    }

    [Fact]
    public async Task Read_WindowAboveTheLimit_IsRefused()
    {
        // A frame that asks for a window of 256 MiB (exponent 18, mantissa 0), and has one raw block of one byte.
        byte[] blob = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 18 << 3, 0x09, 0x00, 0x00, (byte)'x'];
        await AssertErrorAsync(blob, OciErrorKind.InvalidInput);
        Assert.Equal("x"u8.ToArray(), await Blobs.OpenAsync(new MemoryStream(blob), options: new LayerCompressionOptions { MaxZstdWindowSize = 256 << 20 }));
        blob[5] = 17 << 3;
        Assert.Equal("x"u8.ToArray(), await Blobs.OpenAsync(blob));
    }

    [Fact]
    public async Task Read_SkippableFrameLongerThanTheBlob_IsCorrupt()
    {
        byte[] blob = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0, 1];
        BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(4), uint.MaxValue);
        await AssertErrorAsync(blob, OciErrorKind.Corrupt);
    }

    private static async Task AssertErrorAsync(byte[] blob, OciErrorKind kind)
    {
        OciException error = await Assert.ThrowsAsync<OciException>(() => Blobs.OpenAsync(blob));
        Assert.Equal(kind, error.Kind);
    }
}
