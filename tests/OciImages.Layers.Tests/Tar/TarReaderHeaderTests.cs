using System.Text;
using System.Text.Json;
using OciImages.Layers.Tar;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Tar;

public class TarReaderHeaderTests
{
    [Theory]
    [InlineData("0000644\0", 0x1a4)]
    [InlineData("   644 \0", 0x1a4)]
    [InlineData("\0\0 644 \0", 0x1a4)]
    [InlineData("644\0\0\0\0\0", 0x1a4)]
    [InlineData("644 \0xyz", 0)]
    [InlineData("\0\0\0\0\0\0\0\0", 0)]
    [InlineData("7777777\0", 0xfff)]
    public async Task ReadEntry_OctalField_IsReadLiberally(string field, int mode)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(field);
        var tar = new TarBuilder().Add(new TarMember("f") { Override = block => bytes.CopyTo(block, 100) }).ToArray();
        if (field.Contains("xyz", StringComparison.Ordinal))
            await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar));
        else
            Assert.Equal(mode, (await TarReading.ReadAllAsync(tar))[0].Entry.Mode);
    }

    [Theory]
    [InlineData(2_097_152L)]
    [InlineData(4_294_967_295L)]
    [InlineData(-1L)]
    [InlineData(-1_000_000_000L)]
    [InlineData((1L << 55) - 1)]
    public async Task ReadEntry_Base256Number_IsTwosComplement(long value)
    {
        var tar = new TarBuilder().Add(new TarMember("f") { Dialect = TarDialect.Gnu, UserId = value, ModificationTime = value });
        TarEntry entry = (await TarReading.ReadAllAsync(tar.ToArray()))[0].Entry;
        Assert.Equal((value, value), (entry.UserId, entry.ModificationTime.Seconds));
    }

    [Theory]
    [InlineData(124, "80ffffffffffffffffffffff", "beyond 63 bits")]
    [InlineData(124, "ffffffffffffffffffffffff", "negative size")]
    [InlineData(124, "3132383800000000000000", "eight is no octal digit")]
    [InlineData(108, "2d31202020202020", "a sign is no octal digit")]
    [InlineData(329, "7a7a7a7a7a7a7a7a", "device number")]
    public async Task ReadEntry_BadNumber_IsRefused(int offset, string hex, string why)
    {
        var tar = new TarBuilder().Add(new TarMember("f") { Override = block => Convert.FromHexString(hex).CopyTo(block, offset) });
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar.ToArray()));
        Assert.True(error.Kind == OciErrorKind.InvalidInput, why);
    }

    [Fact]
    public async Task ReadEntry_SignedChecksum_IsAccepted()
    {
        var tar = new TarBuilder().Add(new TarMember([0xff, 0xe4, (byte)'x'])
        {
            OverrideAll = block =>
            {
                block.AsSpan(148, 8).Fill((byte)' ');
                long sum = block.Sum(value => (long)(sbyte)value);
                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(block, 148);
            },
        });
        Assert.Equal([0xff, 0xe4, (byte)'x'], (await TarReading.ReadAllAsync(tar.ToArray()))[0].Entry.Name.ToArray());
    }

    [Fact]
    public async Task ReadEntry_WrongChecksum_NamesByteAndProblem()
    {
        var tar = new TarBuilder().File("ok", "1").Add(new TarMember("f") { OverrideAll = block => block[0]++ });
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar.ToArray()));
        Assert.Equal("The tar is malformed at byte 1024: the checksum of the header is wrong, or it is no header.", error.Message);
    }

    [Fact]
    public async Task ReadEntry_AfterAnError_NeverGivesMembers()
    {
        var tar = new TarBuilder().Add(new TarMember("f") { OverrideAll = block => block[0]++ }).File("hidden").ToStream();
        var reader = new TarReader(tar);
        await Assert.ThrowsAsync<OciException>(async () => await reader.ReadEntryAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.ReadEntryAsync());
    }

    [Theory]
    [InlineData('\0', "d/", TarEntryType.Directory)]
    [InlineData('\0', "d", TarEntryType.File)]
    [InlineData('0', "d/", TarEntryType.File)] // Docker writes a file "d"; GNU tar would make a directory.
    [InlineData('7', "f", TarEntryType.File)]
    [InlineData('D', "f", TarEntryType.Unknown)]
    [InlineData('M', "f", TarEntryType.Unknown)]
    [InlineData('N', "f", TarEntryType.Unknown)]
    [InlineData('V', "f", TarEntryType.Unknown)]
    [InlineData('Q', "f", TarEntryType.Unknown)]
    [InlineData('X', "f", TarEntryType.Unknown)]
    public async Task ReadEntry_TypeFlag_DecidesAsInDocker(char flag, string name, TarEntryType type)
    {
        byte[] content = type == TarEntryType.Directory ? [] : "content"u8.ToArray();
        var tar = new TarBuilder().Add(new TarMember(name) { Type = flag, Content = content }).File("after", "x");
        var members = await TarReading.ReadAllAsync(tar.ToArray());
        Assert.Equal((type, (byte)flag), (members[0].Entry.Type, members[0].Entry.TypeFlag));
        Assert.Equal(content, members[0].Content);
        Assert.Equal(content.Length, members[0].Entry.StoredSize);
        Assert.Equal("after", members[1].Name);
    }

    [Theory]
    [InlineData('1')]
    [InlineData('2')]
    [InlineData('3')]
    [InlineData('4')]
    [InlineData('5')]
    [InlineData('6')]
    public async Task ReadEntry_SizeOfAMemberWithoutContent_IsIgnored(char flag)
    {
        var tar = new TarBuilder().Add(new TarMember("l") { Type = flag, DeclaredSize = 5000, LinkName = [(byte)'x'] }).File("after", "x");
        var members = await TarReading.ReadAllAsync(tar.ToArray());
        Assert.Equal([(0L, 0L), (1L, 1L)], members.Select(member => (member.Entry.Size, member.Entry.StoredSize)));
    }

    [Fact]
    public async Task ReadEntry_V7Header_HasNoOwnerNames()
    {
        var tar = new TarBuilder().Add(new TarMember("f")
        {
            Dialect = TarDialect.V7,
            Override = block => "junk"u8.CopyTo(block.AsSpan(265)),
        });
        Assert.Equal("", (await TarReading.ReadAllAsync(tar.ToArray()))[0].Entry.UserName);
    }

    [Fact]
    public async Task ReadEntry_StarHeader_HasShortPrefixAndTimes()
    {
        var tar = new TarBuilder().Add(new TarMember("name")
        {
            Dialect = TarDialect.Ustar,
            Override = block =>
            {
                "prefix"u8.CopyTo(block.AsSpan(345));
                "00000000012 00000000013 "u8.CopyTo(block.AsSpan(476));
                "tar\0"u8.CopyTo(block.AsSpan(508));
            },
        });
        var member = (await TarReading.ReadAllAsync(tar.ToArray()))[0];
        Assert.Equal(("prefix/name", new TarTime(10)), (member.Name, member.Entry.AccessTime!.Value));
    }

    [Theory]
    [InlineData("archive.json")]
    [InlineData("containerd.json")]
    public async Task ReadEntry_DeviceNumberBeyond32Bits_IsRefused(string corpus)
    {
        // TestHandleTarTypeBlockCharFifoDeviceRange; values that are expressions stand there as source text.
        using JsonDocument tables = JsonDocument.Parse(await File.ReadAllBytesAsync(RepositoryRoot.Corpus(corpus)));
        JsonElement table = tables.RootElement.EnumerateArray().Single(element => element.GetProperty("func").GetString() == "TestHandleTarTypeBlockCharFifoDeviceRange");
        foreach (JsonElement row in table.GetProperty("rows").EnumerateArray())
        {
            long[] numbers = [.. new[] { "devmajor", "devminor" }.Select(key => row.GetProperty(key)).Select(value =>
                value.ValueKind == JsonValueKind.Object ? uint.MaxValue + 1L : value.GetInt64())];
            foreach (char type in "34")
            {
                byte[] tar = new TarBuilder().Add(new TarMember("c") { Type = type, DeviceMajor = numbers[0], DeviceMinor = numbers[1] }).ToArray();
                OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(tar));
                Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
            }
        }
        Assert.Equal(uint.MaxValue, (await TarReading.ReadAllAsync(new TarBuilder().CharacterDevice("c", uint.MaxValue, 0).ToArray()))[0].Entry.DeviceMajor);
    }
}
