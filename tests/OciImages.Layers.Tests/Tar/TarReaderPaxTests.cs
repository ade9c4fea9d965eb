using System.Text;
using OciImages.Layers.Tar;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Tar;

public class TarReaderPaxTests
{
    [Fact]
    public async Task ReadEntry_EveryRecord_BeatsTheHeader()
    {
        var member = new TarMember("short") { Type = '2', UserName = "header" }
            .WithRecord("path", "from/pax").WithRecord("linkpath", "target").WithRecord("uid", "3000000").WithRecord("gid", "-7")
            .WithRecord("uname", "ünï").WithRecord("gname", "gruppe").WithRecord("mtime", "12.5").WithRecord("atime", "99.000000001")
            .WithRecord("ctime", "1").WithRecord("comment", "ignored").WithRecord("hdrcharset", "BINARY");
        TarEntry entry = (await TarReading.ReadAllAsync(new TarBuilder().Add(member).ToArray()))[0].Entry;
        Assert.Equal("from/pax", Encoding.UTF8.GetString(entry.Name.Span));
        Assert.Equal("target", Encoding.UTF8.GetString(entry.LinkName.Span));
        Assert.Equal((3_000_000L, -7L, "ünï", "gruppe"), (entry.UserId, entry.GroupId, entry.UserName, entry.GroupName));
        Assert.Equal(new TarTime(12, 500_000_000), entry.ModificationTime);
        Assert.Equal(new TarTime(99, 1), entry.AccessTime);
    }

    [Theory]
    [InlineData("0", 0L, 0)]
    [InlineData("1350244992.023960108", 1350244992L, 23960108)]
    [InlineData("1.0000000019", 1L, 1)]
    [InlineData("-1", -1L, 0)]
    [InlineData("-5.5", -6L, 500_000_000)]
    [InlineData("-0.000000001", -1L, 999_999_999)]
    [InlineData("7.", 7L, 0)]
    public async Task ReadEntry_Time_IsExactToTheNanosecond(string text, long seconds, int nanoseconds)
    {
        var tar = new TarBuilder().Add(new TarMember("f").WithRecord("mtime", text));
        Assert.Equal(new TarTime(seconds, nanoseconds), (await TarReading.ReadAllAsync(tar.ToArray()))[0].Entry.ModificationTime);
    }

    [Fact]
    public async Task ReadEntry_ExtendedAttributes_KeepAnyByteAndTheirOrder()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value), (byte)'\n', 0, (byte)'='];
        var member = new TarMember("f").WithAttribute("user.z", all).WithAttribute("security.capability", [1, 0, 0, 2]).WithAttribute("user.a=b", [7]);
        var attributes = (await TarReading.ReadAllAsync(new TarBuilder().Add(member).ToArray()))[0].Entry.ExtendedAttributes;
        // A keyword ends at its first "=".
        Assert.Equal(["user.z", "security.capability", "user.a"], attributes.Select(pair => pair.Key));
        Assert.Equal(all, attributes[0].Value.ToArray());
        Assert.Equal("b=\u0007"u8.ToArray(), attributes[2].Value.ToArray());
    }

    [Fact]
    public async Task ReadEntry_EmptyValue_TakesTheRecordBack()
    {
        var member = new TarMember("header") { UserId = 5 }.WithRecord("path", "gone").WithRecord("path", "").WithRecord("uid", "9").WithRecord("uid", "")
            .WithAttribute("user.gone", [1]).WithAttribute("user.gone", []).WithAttribute("user.last", [1]).WithAttribute("user.last", [2]);
        TarEntry entry = (await TarReading.ReadAllAsync(new TarBuilder().Add(member).ToArray()))[0].Entry;
        Assert.Equal("header", Encoding.UTF8.GetString(entry.Name.Span));
        Assert.Equal(5, entry.UserId);
        var (key, value) = Assert.Single(entry.ExtendedAttributes);
        Assert.Equal(("user.last", (byte)2), (key, value.Span[0]));
    }

    [Fact]
    public async Task ReadEntry_SizeRecord_RulesTheContent()
    {
        var tar = new TarBuilder()
            .Add(new TarMember("f") { Content = "12345678"u8.ToArray(), DeclaredSize = 0 }.WithRecord("size", "8"))
            .File("after", "x");
        var members = await TarReading.ReadAllAsync(tar.ToArray());
        Assert.Equal(["12345678", "x"], members.Select(member => Encoding.UTF8.GetString(member.Content)));
    }

    [Fact]
    public async Task ReadEntry_SeveralPaxHeaders_LastCountsAlone()
    {
        var tar = new TarBuilder()
            .AddData("h1", 'x', TarBuilder.PaxData([new("path", "one"u8.ToArray()), new("uid", "7"u8.ToArray())]))
            .AddData("h2", 'x', TarBuilder.PaxData([new("gid", "8"u8.ToArray())]))
            .File("name").File("next");
        var members = await TarReading.ReadAllAsync(tar.ToArray());
        Assert.Equal(["name", "next"], members.Select(member => member.Name));
        Assert.Equal((0L, 8L, 0L), (members[0].Entry.UserId, members[0].Entry.GroupId, members[1].Entry.GroupId));
    }

    [Fact]
    public async Task ReadEntry_GlobalHeader_IsAMemberAndChangesNoOther()
    {
        var tar = new TarBuilder()
            .AddData("lost", 'x', TarBuilder.PaxData([new("path", "lost"u8.ToArray())]))
            .GlobalHeader(new("mtime", "1"), new("comment", "hi")).File("f", "1");
        var members = await TarReading.ReadAllAsync(tar.ToArray());
        Assert.Equal([TarEntryType.GlobalHeader, TarEntryType.File], members.Select(member => member.Entry.Type));
        Assert.Equal(["pax_global_header", "f"], members.Select(member => member.Name));
        Assert.Equal(1_700_000_000, members[1].Entry.ModificationTime.Seconds);
    }

    [Fact]
    public async Task ReadEntry_GnuLongName_BeatsPaxPathAndLasts()
    {
        var tar = new TarBuilder()
            .AddData("././@LongLink", 'L', "first\0"u8.ToArray()).AddData("././@LongLink", 'L', "long/name\0junk"u8.ToArray())
            .AddData("././@LongLink", 'K', "long/target"u8.ToArray())
            .AddData("h", 'x', TarBuilder.PaxData([new("path", "pax"u8.ToArray())]))
            .SymbolicLink("s", "t").SymbolicLink("s2", "t2");
        var members = await TarReading.ReadAllAsync(tar.ToArray());
        Assert.Equal([("long/name", "long/target"), ("s2", "t2")], members.Select(member => (member.Name, member.LinkName)));
    }

    [Theory]
    [InlineData("path=x\n", "no length")]
    [InlineData("99 path=x\n", "longer than the header")]
    [InlineData("10 path=xx", "no newline")]
    [InlineData("4 =\n", "too short")]
    [InlineData("7 path\n", "no equals sign")]
    [InlineData("5 =x\n", "no keyword")]
    [InlineData("-9 path=x\n", "negative")]
    [InlineData("99999999999999999999 path=x\n", "overflow")]
    [InlineData("11 path=a\0b\n", "NUL in a name")]
    [InlineData("12 linkpath=\0\n", "NUL in a link")]
    [InlineData("8 a\0b=c\n", "NUL in a keyword")]
    [InlineData("11 size=1x\n", "no number")]
    [InlineData("12 size=-10\n", "negative size")]
    [InlineData("10 mtime=x\n", "no time")]
    [InlineData("12 ctime=1.x\n", "no fraction")]
    [InlineData("10 uid=0x\n", "no uid")]
    [InlineData("27 GNU.sparse.numbytes=123\n", "length before offset")]
    public async Task ReadEntry_BrokenHeader_IsRefused(string data, string why)
    {
        var tar = new TarBuilder().AddData("h", 'x', Encoding.UTF8.GetBytes(data)).File("f");
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar.ToArray()));
        Assert.True(error.Kind == OciErrorKind.InvalidInput, why);
        Assert.Contains("at byte", error.Message, StringComparison.Ordinal);
    }
}
