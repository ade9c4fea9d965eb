using System.IO.Compression;
using System.Text;
using OciImages.Layers.TarSplit;
using OciImages.Layers.Tests.Tar;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.TarSplit;

/// <summary>The records against what dockerd 20.10 wrote for the same tars, apart from the empty segment at the end that newer ones leave out.</summary>
public class TarSplitRecorderTests
{
    private static readonly TarMember A = new("a") { Content = "hello"u8.ToArray() };

    [Fact]
    public void Record_TrailingGarbage_IsASegmentOfItsOwn()
    {
        byte[] tar = [.. new TarBuilder().Add(A).ToArray(18), .. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GARBAGE", 100)))];
        Assert.Equal(["2 512", "1 a 5 3c3eeee2d8100000", "2 1531", "2 8892"], Summaries(tar));
    }

    [Fact]
    public void Record_AbsoluteAndMissingParents_KeepTheNames() => Assert.Equal(
        ["2 512", "1 /etc/x 1 4320000000000000", "2 1023", "1 nodir/deep/f 1 41f0000000000000", "2 1535", "2 7168"],
        Summaries(new TarBuilder().File("/etc/x", "1").File("nodir/deep/f", "2").ToArray(16)));

    [Fact]
    public void Record_LinksDevicesAndDirectories_HaveNoSize() => Assert.Equal(
        ["2 512", "1 x Null", "2 512", "1 c Null", "2 512", "1 p Null", "2 512", "1 d/ Null", "2 512", "1 .wh.gone Null", "2 512", "1 h Null", "2 1024"],
        Summaries(new TarBuilder().SymbolicLink("x", "../../etc/passwd").CharacterDevice("c", 1, 3).Fifo("p").Directory("d/").Whiteout("gone").HardLink("h", "x").ToArray()));

    [Fact]
    public void Record_ExtendedHeaders_GoIntoTheSegmentOfTheirMember()
    {
        string name = "d/" + new string('x', 150);
        string[] expected = ["2 1536", $"1 {name} 1 4320000000000000", "2 2047", "1 s Null", "2 1024"];
        Assert.Equal(expected, Summaries(new TarBuilder().File(name, "1").SymbolicLink("s", new string('y', 150)).ToArray()));
        Assert.Equal(expected, Summaries(new TarBuilder()
            .Add(new TarMember(name) { Content = [(byte)'1'], Dialect = TarDialect.Gnu })
            .Add(new TarMember("s") { Type = '2', LinkName = Encoding.ASCII.GetBytes(new string('y', 150)), Dialect = TarDialect.Gnu }).ToArray()));
    }

    [Fact]
    public void Record_NameInSpecialBytes_IsEscapedAsGoDoesOrRaw()
    {
        string Line(byte[] name) => TarSplitting.Lines(TarSplitting.Record(new TarBuilder().Add(new TarMember(name)).ToArray()))[1];
        Assert.Equal("""{"type":1,"name_raw":"Yf/+Yg==","payload":null,"position":1}""", Line([(byte)'a', 0xff, 0xfe, (byte)'b']));
        Assert.Equal("""{"type":1,"name":"\u003ca\u0026b\u003e","payload":null,"position":1}""", Line("<a&b>"u8.ToArray()));
        Assert.Equal("""{"type":1,"name":"é/ü日\u2028\u2029…'+/","payload":null,"position":1}""", Line(Encoding.UTF8.GetBytes("é/ü日\u2028\u2029…'+/")));
        Assert.Equal("{\"type\":1,\"name\":\"\\\"\\\\\\n\\r\\t\\u0001\\u001f\u007f\",\"payload\":null,\"position\":1}", Line("\"\\\n\r\t\u0001\u001f\u007f"u8.ToArray()));
    }

    [Fact]
    public void Record_WholeLines_AreInGosFieldOrder() => Assert.Equal(
        """{"type":1,"name":"a","size":5,"payload":"PD7u4tgQAAA=","position":1}""",
        TarSplitting.Lines(TarSplitting.Record(new TarBuilder().Add(A).ToArray()))[1]);

    [Theory]
    [InlineData(1024, new[] { "2 512", "1 a 5 3c3eeee2d8100000", "2 507" })]
    [InlineData(1536, new[] { "2 512", "1 a 5 3c3eeee2d8100000", "2 1019" })]
    [InlineData(2048, new[] { "2 512", "1 a 5 3c3eeee2d8100000", "2 1531" })]
    [InlineData(517, new[] { "2 512", "1 a 5 3c3eeee2d8100000" })]
    public void Record_OddEnds_AreKept(int length, string[] expected) =>
        Assert.Equal(expected, Summaries(new TarBuilder().Add(A).ToArray()[..length]));

    [Fact]
    public void Record_NothingAndZeros_AreEmptyLayers()
    {
        Assert.Equal(["2 0"], Summaries([]));
        Assert.Equal(["2 1024", "2 9216"], Summaries(new byte[10240]));
    }

    [Fact]
    public void Record_GlobalHeader_IsAMemberBeforeItsPadding()
    {
        byte[] tar = new TarBuilder().Add(new TarMember("././@PaxHeader") { Type = 'g', Content = "14 comment=hi\n"u8.ToArray() }).File("f", "1").ToArray(16);
        Assert.Equal(["2 526", "1 ././@PaxHeader Null", "2 1010", "1 f 1 4320000000000000", "2 1535", "2 7168"], Summaries(tar));
    }

    [Theory]
    [InlineData(TarSparseForm.Gnu, 512)]
    [InlineData(TarSparseForm.Pax10, 2048)]
    public void Record_SparseFile_KeepsItsStoredBytesInSegments(TarSparseForm form, int headers)
    {
        byte[] tar = new TarBuilder().Sparse("s", 1 << 20, form, (4096, new byte[3000]), (100_000, new byte[10])).ToArray();
        Assert.Equal([$"2 {headers}", "1 s Null", $"2 {3010 + 62 + 1024}"], Summaries(tar));
    }

    [Fact]
    public void Record_UnknownType_KeepsItsContentInSegments() => Assert.Equal(
        ["2 512", "1 z Null", "2 1536"], Summaries(new TarBuilder().Add(new TarMember("z") { Type = 'Q', Content = [1, 2, 3] }).ToArray()));

    [Fact]
    public void Record_LongSegment_IsCutAt1MiB()
    {
        byte[] tar = new TarBuilder().Add(A).ToArray(6000);
        Assert.Equal(["2 512", "1 a 5 3c3eeee2d8100000", "2 1531", "2 1048576", "2 1048576", "2 973824"], Summaries(tar));
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "./a")]
    [InlineData("d", "d/")]
    [InlineData("x/../a", "a")]
    [InlineData("./", ".")]
    [InlineData("/", "//")]
    public void Record_NameTwice_IsRefused(string first, string second)
    {
        byte[] tar = new TarBuilder().File(first, "1").Directory(second).ToArray();
        OciException error = Assert.Throws<OciException>(() => TarSplitting.Record(tar));
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Contains("duplicates of file paths not supported", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_NamesThatDifferInBytesAlone_AreNotTheSame() =>
        Assert.Equal(9, Summaries(new TarBuilder().File("a").File("A").File("/a").File("../a").ToArray()).Length);

    [Theory]
    [InlineData(100)]
    [InlineData(515)]
    public void Complete_InsideAMember_Throws(int length)
    {
        byte[] tar = new TarBuilder().Add(A).ToArray();
        OciException error = Assert.Throws<OciException>(() => TarSplitting.Record(tar[..length]));
        Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_AnyChunks_GiveTheSameBytes()
    {
        int seed = Random.Shared.Next();
        byte[] tar = RandomTars.Make(new Random(seed), 60);
        byte[] whole = TarSplitting.Record(tar);
        for (int i = 0; i < 10; i++)
            Assert.True(whole.AsSpan().SequenceEqual(TarSplitting.Record(tar, new Random(seed + i))), $"seed {seed}, run {i}");
    }

    [Fact]
    public void Record_100000Members_NeedsLittleMemory()
    {
        using var output = new MemoryStream();
        using var recorder = new TarSplitRecorder(output);
        byte[] header = new TarBuilder().File("dir/0000000").ToArray(0);
        int sum = header.Sum(value => value) - header.AsSpan(148, 8).ToArray().Sum(value => value) + 8 * ' ' - 7 * '0';
        long allocated = 0;
        for (int i = 0; i < 100_000; i++)
        {
            Encoding.ASCII.GetBytes($"{i:d7}").CopyTo(header, 4);
            int digits = header[4] + header[5] + header[6] + header[7] + header[8] + header[9] + header[10];
            Encoding.ASCII.GetBytes(Convert.ToString(sum + digits, 8).PadLeft(6, '0') + "\0").CopyTo(header, 148);
            long before = GC.GetAllocatedBytesForCurrentThread();
            recorder.Append(header);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        recorder.Append(new byte[1024]);
        recorder.Complete();
        // The set of names takes 4 MiB at the end, and 4 MiB while it grew; the records themselves go to the output.
        Assert.InRange(allocated - 2 * output.Capacity, 0, 12 << 20);
        Assert.Equal(200_001, CountLines(output.ToArray()));
    }

    private static int CountLines(byte[] tarSplit)
    {
        using var reader = new GZipStream(new MemoryStream(tarSplit), CompressionMode.Decompress);
        byte[] buffer = new byte[1 << 20];
        int lines = 0;
        while (reader.Read(buffer) is > 0 and int count)
            lines += buffer.AsSpan(0, count).Count((byte)'\n');
        return lines;
    }

    private static string[] Summaries(byte[] tar) => [.. TarSplitting.Lines(TarSplitting.Record(tar)).Select(TarSplitting.Summary)];
}
