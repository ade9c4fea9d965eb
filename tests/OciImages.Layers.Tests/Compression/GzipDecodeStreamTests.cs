using System.IO.Compression;
using OciImages.Layers.Tests.Tar;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Compression;

/// <summary>What the BCL's GZipStream lets pass and a layer must not.</summary>
public class GzipDecodeStreamTests
{
    [Theory]
    [InlineData("one file")]
    [InlineData("zeros")]
    [InlineData("nothing")]
    [InlineData("noise")]
    public async Task Read_TruncatedAtAnyByte_IsCorrupt(string content)
    {
        byte[] tar = content switch
        {
            "one file" => new TarBuilder().File("a", "hello").ToArray(0),
            "zeros" => new byte[512],
            "nothing" => [],
            _ => [.. Enumerable.Range(0, 600).Select(i => (byte)(i * i >> 3))],
        };
        foreach (CompressionLevel level in new[] { CompressionLevel.Optimal, CompressionLevel.NoCompression })
        {
            byte[] blob = tar.Length > 0 ? Blobs.Gzip(tar, level) : [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            Assert.Equal(tar, await Blobs.OpenAsync(blob));
            for (int length = 1; length < blob.Length; length++)
                await AssertCorruptAsync(blob[..length], $"{length} of {blob.Length}");
        }
    }

    [Fact]
    public async Task Read_SeveralMembers_AreOneTar()
    {
        byte[] empty = Blobs.Gzip([]);
        byte[] text = LayerCompressionTests.Text;
        byte[] blob = [.. Blobs.Gzip(text[..10]), .. empty.Length > 0 ? empty : Blobs.Gzip(text[..0]), .. Blobs.Gzip(text[10..])];
        Assert.Equal(text, await Blobs.OpenAsync(blob));
    }

    [Fact]
    public async Task Read_SeveralMembersCutAnywhere_AreCorruptUnlessCutBetween()
    {
        byte[] first = Blobs.Gzip([1, 2, 3]);
        byte[] blob = [.. first, .. Blobs.Gzip([4, 5, 6])];
        for (int length = 1; length < blob.Length; length++)
        {
            if (length == first.Length)
                Assert.Equal([1, 2, 3], await Blobs.OpenAsync(blob[..length]));
            else
                await AssertCorruptAsync(blob[..length], $"{length} of {blob.Length}");
        }
    }

    [Fact]
    public async Task Read_MembersThatEndAtAnyBufferBoundary_AreAllRead()
    {
        // GZipStream reads 8 KiB at a time: the second member begins at each place around that.
        byte[] second = Blobs.Gzip([9, 9, 9]);
        for (int length = 8192 - 40; length < 8192 + 20; length++)
        {
            byte[] data = new byte[length];
            new Random(1).NextBytes(data);
            byte[] first = Blobs.Gzip(data, CompressionLevel.NoCompression);
            Assert.Equal([.. data, 9, 9, 9], await Blobs.OpenAsync([.. first, .. second]));
            Assert.Equal(data, await Blobs.OpenAsync(first));
            await AssertCorruptAsync([.. first, 1], $"garbage behind {length}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(512)]
    [InlineData(1_000_000)]
    public async Task Read_ZerosBehind_AreLetPass(int zeros) =>
        Assert.Equal(LayerCompressionTests.Text, await Blobs.OpenAsync([.. Blobs.Gzip(LayerCompressionTests.Text), .. new byte[zeros]]));

    [Theory]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 0, 0, 0, 7 })]
    [InlineData(new byte[] { 0x1f })]
    [InlineData(new byte[] { 0x1f, 0 })]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { (byte)'j', (byte)'u', (byte)'n', (byte)'k', 0, 0 })]
    public async Task Read_GarbageBehind_IsCorrupt(byte[] garbage) =>
        await AssertCorruptAsync([.. Blobs.Gzip(LayerCompressionTests.Text), .. garbage], "garbage");

    [Fact]
    public async Task Read_WrongChecksumOrSize_IsCorrupt()
    {
        byte[] blob = Blobs.Gzip(LayerCompressionTests.Text);
        for (int i = 1; i <= 8; i++)
        {
            byte[] damaged = [.. blob];
            damaged[^i] ^= 0x10;
            await AssertCorruptAsync(damaged, $"byte {i} from the end");
        }
    }

    [Fact]
    public async Task Read_RandomPieces_AreTheSame()
    {
        int seed = Random.Shared.Next();
        byte[] data = new byte[30_000];
        new Random(seed).NextBytes(data.AsSpan(0, 15_000));
        byte[] blob = [.. Blobs.Gzip(data), .. Blobs.Gzip(data, CompressionLevel.NoCompression), 0, 0];
        for (int i = 0; i < 10; i++)
            Assert.True(data.Concat(data).SequenceEqual(await Blobs.OpenAsync(new Blobs.DripStream(blob, new Random(seed + i)))), $"seed {seed + i}");
    }

    [Fact]
    public async Task Read_MutatedBlob_ThrowsNothingButOciException()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        byte[] tar = RandomTars.Make(random, 5);
        byte[][] blobs = [Blobs.Gzip(tar), Blobs.Zstd(tar)];
        for (int i = 0; i < 600; i++)
        {
            byte[] blob = [.. blobs[i % 2]];
            for (int change = random.Next(1, 4); change > 0; change--)
                blob[random.Next(blob.Length)] = (byte)random.Next(256);
            try
            {
                await Blobs.OpenAsync(blob[..(random.Next(3) == 0 ? random.Next(blob.Length) : blob.Length)]);
            }
            catch (OciException)
            {
                // Refused, as it may be.
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, run {i}: {e}");
            }
        }
    }

    private static async Task AssertCorruptAsync(byte[] blob, string what)
    {
        try
        {
            await Blobs.OpenAsync(blob);
        }
        catch (OciException e)
        {
            Assert.True(e.Kind == OciErrorKind.Corrupt, $"{what}: {e}");
            return;
        }
        Assert.Fail($"{what}: accepted");
    }
}
