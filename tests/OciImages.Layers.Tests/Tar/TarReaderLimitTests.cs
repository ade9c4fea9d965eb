using System.Text;
using OciImages.Layers.Tar;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Tar;

public class TarReaderLimitTests
{
    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public async Task ReadEntry_ExtendedHeaderOf8GiB_IsRefusedAtOnce(char type)
    {
        var tar = new TarBuilder().Add(new TarMember("h") { Type = type, DeclaredSize = 8L << 30, Dialect = TarDialect.Ustar });
        long before = GC.GetAllocatedBytesForCurrentThread();
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar.ToArray()));
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Contains("limit", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public async Task ReadEntry_LongName_IsLimitedInEveryForm()
    {
        byte[] name = Encoding.ASCII.GetBytes(new string('n', 300));
        var options = new TarReaderOptions { MaxNameLength = 299 };
        var larger = new TarReaderOptions { MaxNameLength = 300 };
        TarBuilder[] tars =
        [
            new TarBuilder().Add(new TarMember(name)),
            new TarBuilder().Add(new TarMember(name) { Dialect = TarDialect.Gnu }),
            new TarBuilder().Add(new TarMember("l") { Type = '2', LinkName = name }),
            new TarBuilder().Add(new TarMember("l") { Type = '2', LinkName = name, Dialect = TarDialect.Gnu }),
            new TarBuilder().Sparse(new TarMember(name), 10, TarSparseForm.Pax10, (0, [1])),
        ];
        foreach (TarBuilder tar in tars)
        {
            Assert.Single(await TarReading.ReadAllAsync(tar.ToArray(), larger));
            OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar.ToArray(), options));
            Assert.Contains("limit of 299", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ReadEntry_ExtendedAttributes_AreLimitedTogether()
    {
        byte[] tar = new TarBuilder().Add(new TarMember("f").WithAttribute("user.a", new byte[600]).WithAttribute("user.b", new byte[600])).ToArray();
        Assert.Single(await TarReading.ReadAllAsync(tar, new TarReaderOptions { MaxExtendedAttributesSize = 1300 }));
        await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar, new TarReaderOptions { MaxExtendedAttributesSize = 1200 }));
    }

    [Theory]
    [InlineData(TarSparseForm.Gnu)]
    [InlineData(TarSparseForm.Pax00)]
    [InlineData(TarSparseForm.Pax01)]
    [InlineData(TarSparseForm.Pax10)]
    public async Task ReadEntry_SparseRuns_AreLimited(TarSparseForm form)
    {
        var runs = Enumerable.Range(0, 50).Select(i => (i * 10L, new byte[1])).ToArray();
        byte[] tar = new TarBuilder().Sparse("s", 1000, form, runs).ToArray();
        Assert.Single(await TarReading.ReadAllAsync(tar, new TarReaderOptions { MaxSparseSegments = 50 }));
        await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar, new TarReaderOptions { MaxSparseSegments = 49 }));
    }

    [Fact]
    public async Task ReadEntry_Members_AreLimited()
    {
        byte[] tar = new TarBuilder().File("a").File("b").File("c").ToArray();
        Assert.Equal(3, (await TarReading.ReadAllAsync(tar, new TarReaderOptions { MaxEntries = 3 })).Count);
        await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar, new TarReaderOptions { MaxEntries = 2 }));
    }

    [Theory]
    [InlineData("0,5,3,2", 100, "overlap")]
    [InlineData("5,5,0,2", 100, "not in order")]
    [InlineData("0,-5", 100, "negative length")]
    [InlineData("-1,7", 100, "negative offset")]
    [InlineData("98,7", 100, "beyond the end")]
    [InlineData("9223372036854775807,7", 100, "overflow")]
    [InlineData("0,7", -1, "negative size")]
    [InlineData("0,6", 100, "less than is stored")]
    [InlineData("0,8", 100, "more than is stored")]
    [InlineData("0,7,x,0", 100, "no number")]
    [InlineData("0,7,", 100, "odd")]
    public async Task ReadEntry_BadSparseMap_IsRefused(string map, long size, string why)
    {
        var member = new TarMember("s") { Content = new byte[7] }.WithRecord("GNU.sparse.size", $"{size}").WithRecord("GNU.sparse.map", map)
            .WithRecord("GNU.sparse.numblocks", $"{(map.Count(c => c == ',') + 1) / 2}");
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(new TarBuilder().Add(member).ToArray()));
        Assert.True(error.Kind == OciErrorKind.InvalidInput, why);
    }

    [Theory]
    [InlineData("1\n0\n7", "no end")]
    [InlineData("-1\n", "negative")]
    [InlineData("99999999999\n", "too many")]
    [InlineData("12345678901234567890123456789012345\n", "no number")]
    [InlineData("x\n", "no digit")]
    public async Task ReadEntry_BadSparseText_IsRefused(string text, string why)
    {
        byte[] content = new byte[512];
        Encoding.ASCII.GetBytes(text, content);
        var member = new TarMember("s") { Content = content }.WithRecord("GNU.sparse.major", "1").WithRecord("GNU.sparse.minor", "0")
            .WithRecord("GNU.sparse.realsize", "100");
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(new TarBuilder().Add(member).ToArray()));
        Assert.True(error.Kind == OciErrorKind.InvalidInput, why);
    }

    [Fact]
    public async Task ReadEntry_SparseMapOnALink_IsRefused()
    {
        var member = new TarMember("s") { Type = '2' }.WithRecord("GNU.sparse.map", "0,0").WithRecord("GNU.sparse.numblocks", "1");
        await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(new TarBuilder().Add(member).ToArray()));
    }
}
