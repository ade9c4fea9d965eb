using System.Text;
using OciImages.Layers.Compression;
using OciImages.Layers.TarSplit;
using OciImages.Layers.Tests.Tar;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.TarSplit;

public class TarSplitReaderTests
{
    public static TheoryData<string> Corpus =>
    [
        .. new[] { "tars", "tarball", "mutate" }.SelectMany(folder => Directory.GetFiles(RepositoryRoot.Corpus(folder)))
            .Select(path => Path.GetRelativePath(RepositoryRoot.Corpus(""), path)).Where(path => path.Contains("tar", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task OpenTar_CorpusTar_IsRebuiltByteForByte(string file)
    {
        int seed = Random.Shared.Next();
        byte[] tar;
        try
        {
            await using Stream stream = await LayerCompression.OpenAsync(File.OpenRead(RepositoryRoot.Corpus(file)));
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            tar = copy.ToArray();
            await TarReading.ReadAllAsync(tar);
        }
        catch (OciException)
        {
            return; // TarCorpusTests says which are refused and that all others are read.
        }
        byte[] tarSplit = TarSplitting.Record(tar, new Random(seed));
        byte[] rebuilt = await TarSplitting.RebuildAsync(tarSplit, await TarSplitting.FilesAsync(tar));
        Assert.True(tar.AsSpan().SequenceEqual(rebuilt), $"seed {seed}");
    }

    [Fact]
    public async Task OpenTar_RandomTars_AreRebuiltByteForByte()
    {
        int seed = Random.Shared.Next();
        for (int i = 0; i < 20; i++)
        {
            var random = new Random(seed + i);
            byte[] tar = RandomTars.Make(random, 40);
            byte[] rebuilt = await TarSplitting.RebuildAsync(TarSplitting.Record(tar, random), await TarSplitting.FilesAsync(tar), random.Next(1, 20_000));
            Assert.True(tar.AsSpan().SequenceEqual(rebuilt), $"seed {seed + i}");
        }
    }

    [Fact]
    public async Task OpenTar_RecordsOfDockerd_GiveItsTar()
    {
        // Written by dockerd 20.10.24 for a RUN layer: fields in its order, an empty segment at the end.
        byte[] tar = new TarBuilder().File("hello.txt", "hello\n").ToArray();
        byte[] tarSplit = TarSplitting.Compress(
            $$"""{"type":2,"payload":"{{Convert.ToBase64String(tar.AsSpan(0, 512))}}","position":0}""",
            """{"type":1,"name":"hello.txt","size":6,"payload":"YUw+7uLYEAA=","position":1}""",
            $$"""{"type":2,"payload":"{{Convert.ToBase64String(tar.AsSpan(518))}}","position":2}""",
            """{"type":2,"payload":"","position":3}""");
        Assert.Equal(tar, await TarSplitting.RebuildAsync(tarSplit, new() { ["hello.txt"] = "hello\n"u8.ToArray() }));
    }

    [Fact]
    public async Task OpenTar_StrangeButValidLines_AreUnderstood()
    {
        byte[] tarSplit = TarSplitting.Compress(
            "",
            """  { "position" : 0, "future": {"a":[1,{"type":2}]}, "payload" : "YW\u004aj" , "type" : 2 }  """,
            """{"type":1,"name":"caf\u00e9\u003c","name_raw":null,"size":5,"payload":"PD7u4tgQAAA=","position":1}""",
            """{"type":1,"name_raw":"Yf/+Yg==","size":5,"payload":"PD7u4tgQAAA=","position":2}""",
            """{"type":2,"payload":null,"position":3}""");
        var files = new Dictionary<string, byte[]> { [Encoding.Latin1.GetString("café<"u8)] = "hello"u8.ToArray(), ["a\u00ff\u00feb"] = "hello"u8.ToArray() };
        Assert.Equal("abchellohello", Encoding.ASCII.GetString(await TarSplitting.RebuildAsync(tarSplit, files)));
    }

    [Theory]
    [InlineData("hellO", "content has changed")]
    [InlineData("hell", "4 bytes and not 5")]
    [InlineData("", "0 bytes and not 5")]
    [InlineData("hello!", "more than 5 bytes")]
    public async Task OpenTar_ChangedFile_IsCorrupt(string content, string problem)
    {
        byte[] tarSplit = TarSplitting.Record(new TarBuilder().File("a/b", "hello").ToArray());
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarSplitting.RebuildAsync(tarSplit, new() { ["a/b"] = Encoding.ASCII.GetBytes(content) }));
        Assert.Equal(OciErrorKind.Corrupt, error.Kind);
        Assert.StartsWith("file integrity checksum failed for \"a/b\"", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"type":3,"payload":null,"position":0}""")]
    [InlineData("""{"type":"2","payload":"","position":0}""")]
    [InlineData("""{"type":2,"payload":7,"position":0}""")]
    [InlineData("""{"type":2,"payload":"*","position":0}""")]
    [InlineData("""{"type":2,"payload":"","position":0} x""")]
    [InlineData("""{"type":2,"payload":"","position":0""")]
    [InlineData("""{"type":1,"name":"a","size":-1,"payload":"PD7u4tgQAAA=","position":0}""")]
    [InlineData("""{"type":1,"name":"a","size":1e3,"payload":"PD7u4tgQAAA=","position":0}""")]
    [InlineData("""{"type":1,"name":"a","size":99999999999999999999,"payload":"PD7u4tgQAAA=","position":0}""")]
    [InlineData("""{"type":1,"name":"a","size":5,"payload":"PD7u4tgQ","position":0}""")]
    [InlineData("""{"type":1,"name":"a","size":5,"payload":null,"position":0}""")]
    [InlineData("""{"type":1,"name":7,"payload":null,"position":0}""")]
    [InlineData("""{"type":1,"name":"\ud800","payload":null,"position":0}""")]
    public async Task OpenTar_MalformedLine_IsCorrupt(string line)
    {
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarSplitting.RebuildAsync(TarSplitting.Compress(line), new() { ["a"] = "hello"u8.ToArray() }));
        Assert.Equal(OciErrorKind.Corrupt, error.Kind);
    }

    [Fact]
    public async Task OpenTar_EndlessLine_IsCorruptBeforeItFillsMemory()
    {
        byte[] tarSplit = TarSplitting.Compress(new string('x', 20 << 20));
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarSplitting.RebuildAsync(tarSplit, []));
        Assert.Contains("a line of more than", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenTar_TruncatedAtAnyByte_IsCorrupt()
    {
        byte[] tar = new TarBuilder().File("a", "hello").SymbolicLink("b", "a").ToArray();
        var files = await TarSplitting.FilesAsync(tar);
        byte[] tarSplit = TarSplitting.Record(tar);
        for (int length = 0; length < tarSplit.Length; length++)
        {
            OciException error = await Assert.ThrowsAsync<OciException>(() => TarSplitting.RebuildAsync(tarSplit[..length], files));
            Assert.True(error.Kind == OciErrorKind.Corrupt, $"{length} bytes");
        }
    }

    [Fact]
    public async Task OpenTar_DisposedEarly_DisposesFileAndRecords()
    {
        var records = new DisposalStream(TarSplitting.Record(new TarBuilder().File("a", "hello").ToArray()));
        var file = new DisposalStream("hello"u8.ToArray());
        await using (Stream tar = TarSplitReader.OpenTar(records, (_, _) => new(file)))
            await tar.ReadExactlyAsync(new byte[514]);
        Assert.True(records.IsDisposed && file.IsDisposed);
    }

    private sealed class DisposalStream(byte[] content) : MemoryStream(content)
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
