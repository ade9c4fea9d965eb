using OciImages.Layers.Tar;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Tar;

/// <summary>Where a tar may end and where not: the table of Go's archive/tar (TestReadTruncation) on the corpora, and dockerd's odd tars.</summary>
public class TarReaderEndTests
{
    [Theory]
    [InlineData("gnu.tar", 511, 0, -1)]
    [InlineData("gnu.tar", 512, -1, 1)]
    [InlineData("gnu.tar", 1024, 1, 0)]
    [InlineData("gnu.tar", 1536, -1, 2)]
    [InlineData("gnu.tar", 2048, 2, 0)]
    [InlineData("gnu.tar", 3072, 2, 0)]
    [InlineData("pax-path-hdr.tar", 1024, 0, 0)]
    [InlineData("sparse-formats.tar", 511, -1, 0)]
    [InlineData("sparse-formats.tar", 512, -1, 0)]
    [InlineData("sparse-formats.tar", 3584, 1, 0)]
    [InlineData("sparse-formats.tar", 9200, 1, 0)]
    [InlineData("sparse-formats.tar", 9216, 1, 0)]
    [InlineData("sparse-formats.tar", 9728, -1, 2)]
    [InlineData("sparse-formats.tar", 10240, 2, 0)]
    [InlineData("sparse-formats.tar", 11264, -1, 2)]
    [InlineData("sparse-formats.tar", 17920, 5, 0)]
    public async Task ReadEntry_CutCorpus_EndsAsInGo(string file, int length, int members, int membersBeforeError)
    {
        byte[] tar = (await File.ReadAllBytesAsync(RepositoryRoot.Corpus("tars/" + file)))[..length];
        if (membersBeforeError == 0 && members >= 0)
            Assert.Equal(members, (await TarReading.ReadAllAsync(tar)).Count);
        else
            await AssertTruncatedAsync(tar, Math.Max(0, membersBeforeError));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 512)]
    [InlineData(1, 1024)]
    public async Task ReadEntry_FewZeroBlocksOrNone_IsTheEnd(int zeroBlocks, int extraZeros)
    {
        Assert.Single(await TarReading.ReadAllAsync([.. new TarBuilder().File("a", "hello").ToArray(zeroBlocks), .. new byte[extraZeros]]));
    }

    [Fact]
    public async Task ReadEntry_MissingOrDirtyPadding_IsNoMatter()
    {
        byte[] tar = new TarBuilder().Add(new TarMember("a") { Content = "hello"u8.ToArray(), PaddingByte = (byte)'Z' }).ToArray();
        Assert.Equal("hello"u8.ToArray(), (await TarReading.ReadAllAsync(tar))[0].Content);
        for (int length = 517; length <= 1024; length++)
            Assert.Single(await TarReading.ReadAllAsync(tar[..length]));
    }

    [Fact]
    public async Task ReadEntry_TrailingGarbage_IsNotPartOfTheArchive()
    {
        byte[] tar = [.. new TarBuilder().File("a", "hello").ToArray(), .. new TarBuilder().File("b").ToArray()];
        Assert.Equal(["a"], (await TarReading.ReadAllAsync(tar)).Select(member => member.Name));
    }

    [Fact]
    public async Task ReadEntry_NothingOrZeros_IsAnEmptyArchive()
    {
        Assert.Empty(await TarReading.ReadAllAsync([]));
        Assert.Empty(await TarReading.ReadAllAsync(new byte[10240]));
        Assert.Empty(await TarReading.ReadAllAsync(new byte[512]));
    }

    [Fact]
    public async Task ReadEntry_OneZeroBlockThenHeader_IsRefused()
    {
        byte[] tar = [.. new TarBuilder().File("a").ToArray(1), .. new TarBuilder().File("b").ToArray()];
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar));
        Assert.Contains("byte 1024", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    public async Task ReadEntry_PartOfABlock_IsTruncated(int extra)
    {
        byte[] trash = [.. Enumerable.Repeat((byte)'x', extra)];
        await AssertTruncatedAsync([.. new TarBuilder().File("a", "1").ToArray(0), .. trash], 1);
        await AssertTruncatedAsync([.. new TarBuilder().File("a", "1").ToArray(1), .. trash], 1);
    }

    [Fact]
    public async Task ReadEntry_TruncatedInside_NamesTheMember()
    {
        byte[] tar = new TarBuilder().File("dir/\u0001\"x\"", new byte[5000]).ToArray();
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar[..3000]));
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Equal("The tar is truncated at byte 3000, member \"dir/\\x01\\\"x\\\"\": it ends inside its content.", error.Message);
    }

    private static async Task AssertTruncatedAsync(byte[] tar, int members)
    {
        var reader = new TarReader(new MemoryStream(tar));
        int read = 0;
        OciException error = await Assert.ThrowsAsync<OciException>(async () =>
        {
            while (await reader.ReadEntryAsync() is not null)
                read++;
        });
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
        Assert.Equal(members, read);
    }
}
