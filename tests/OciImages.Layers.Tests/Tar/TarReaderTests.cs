using System.Text;
using OciImages.Layers.Tar;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Tar;

public class TarReaderTests
{
    [Fact]
    public async Task ReadEntry_AllOrdinaryTypes_GivesEachField()
    {
        var builder = new TarBuilder()
            .Directory("d/", 0x3ff)
            .Add(new TarMember("d/file") { Content = "hello"u8.ToArray(), Mode = 0x9ed, UserId = 1000, GroupId = 2000, UserName = "u", GroupName = "g" })
            .HardLink("d/hard", "d/file")
            .SymbolicLink("d/soft", "../x")
            .CharacterDevice("c", 1, 3)
            .BlockDevice("b", 7, 300)
            .Fifo("p");
        var members = await TarReading.ReadAllAsync(builder.ToArray());
        Assert.Equal(
            [TarEntryType.Directory, TarEntryType.File, TarEntryType.HardLink, TarEntryType.SymbolicLink, TarEntryType.CharacterDevice, TarEntryType.BlockDevice, TarEntryType.Fifo],
            members.Select(member => member.Entry.Type));
        Assert.Equal(["d/", "d/file", "d/hard", "d/soft", "c", "b", "p"], members.Select(member => member.Name));
        TarEntry file = members[1].Entry;
        Assert.Equal(("hello", 5L, 5L, 0x9ed, 1000L, 2000L, "u", "g"), (Encoding.UTF8.GetString(members[1].Content), file.Size, file.StoredSize, file.Mode, file.UserId, file.GroupId, file.UserName, file.GroupName));
        Assert.Equal(new TarTime(1_700_000_000), file.ModificationTime);
        Assert.Null(file.AccessTime);
        Assert.Equal(["d/file", "../x"], members[2..4].Select(member => member.LinkName));
        Assert.Equal((1u, 3u, 7u, 300u), (members[4].Entry.DeviceMajor, members[4].Entry.DeviceMinor, members[5].Entry.DeviceMajor, members[5].Entry.DeviceMinor));
    }

    [Theory]
    [InlineData(TarSparseForm.Gnu)]
    [InlineData(TarSparseForm.Pax00)]
    [InlineData(TarSparseForm.Pax01)]
    [InlineData(TarSparseForm.Pax10)]
    public async Task ReadEntry_Sparse_GivesMapAndStoredBytes(TarSparseForm form)
    {
        var runs = Enumerable.Range(0, 60).Select(i => ((long)i * 1000 + 7, Encoding.ASCII.GetBytes($"run {i}"))).ToArray();
        var members = await TarReading.ReadAllAsync(new TarBuilder().Sparse("dir/sparse", 70_000, form, runs).File("after", "x").ToArray());
        byte[] expected = new byte[70_000];
        foreach ((long offset, byte[] data) in runs)
            data.CopyTo(expected, offset);
        Assert.Equal("dir/sparse", members[0].Name);
        Assert.Equal(70_000, members[0].Entry.Size);
        Assert.Equal(runs.Sum(run => run.Item2.Length), members[0].Entry.StoredSize);
        Assert.Equal(expected, members[0].Expand());
        Assert.Equal("after", members[1].Name);
    }

    [Theory]
    [InlineData(TarDialect.Pax)]
    [InlineData(TarDialect.Gnu)]
    [InlineData(TarDialect.Ustar)]
    public async Task ReadEntry_LongName_IsWhole(TarDialect dialect)
    {
        string name = "some/" + new string('d', 90) + "/" + new string('f', 80);
        var tar = new TarBuilder().Add(new TarMember(name) { Content = [1], Dialect = dialect }).Add(new TarMember("next") { Dialect = dialect });
        Assert.Equal([name, "next"], (await TarReading.ReadAllAsync(tar.ToArray())).Select(member => member.Name));
    }
}
