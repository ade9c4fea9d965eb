using System.Diagnostics;
using OciImages.Layers.Compression;
using OciImages.Layers.Drivers;
using OciImages.Layers.TarSplit;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.TarSplit;

/// <summary>Tars unpacked to a disk and rebuilt from there and their records, which is what a push does.</summary>
public class LayerRoundTripTests
{
    /// <summary>A directory with blobs to try by hand, such as that of a registry: OCI_LAYER_BLOBS.</summary>
    private static readonly string? More = Environment.GetEnvironmentVariable("OCI_LAYER_BLOBS");

    [Fact]
    public async Task OpenTar_EveryCorpusTar_IsRebuiltFromDisk()
    {
        Peers.RequireRoot();
        string[] folders = More is not null ? [More] : [.. new[] { "tars", "tarball", "mutate", "layout" }.Select(RepositoryRoot.Corpus)];
        int rebuilt = 0, refused = 0;
        long bytes = 0;
        foreach (string path in folders.SelectMany(folder => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)).Where(IsTar).Order(StringComparer.Ordinal))
        {
            using var directory = new TempDirectory();
            try
            {
                await using Stream tar = await LayerCompression.OpenAsync(File.OpenRead(path), TestContext.Current.CancellationToken);
                bytes += await RoundTripAsync(tar, directory);
                rebuilt++;
            }
            catch (OciException e)
            {
                // TarCorpusTests says which may be refused; of a registry's blobs none may.
                Assert.True(More is null && e.Kind is OciErrorKind.InvalidInput or OciErrorKind.Unsupported, $"{path}: {e}");
                refused++;
            }
        }
        TestContext.Current.SendDiagnosticMessage($"{rebuilt} tars of {bytes} bytes were rebuilt, {refused} refused.");
        Assert.True(rebuilt >= 30, $"{rebuilt} tars were rebuilt, {refused} refused.");
    }

    [Theory]
    [InlineData("--format=gnu")]
    [InlineData("--format=pax", "--sparse-version=0.0")]
    [InlineData("--format=pax", "--sparse-version=0.1")]
    [InlineData("--format=pax", "--sparse-version=1.0")]
    public async Task OpenTar_SparseFilesOfGnuTar_AreRebuiltFromDisk(params string[] options)
    {
        Peers.RequireRoot();
        string gnuTar = Peers.Require("tar");
        using var directory = new TempDirectory();
        Directory.CreateDirectory(directory["tree"]);
        var random = new Random(7);
        foreach ((string name, int runs, bool endsInHole) in new[] { ("one", 1, false), ("many", 60, true), ("hole", 0, true) })
        {
            await using FileStream file = File.Create(directory[$"tree/{name}"]);
            for (int i = 0; i < runs; i++)
            {
                byte[] data = new byte[4096];
                random.NextBytes(data);
                file.Position = (2 * i + 1) * 65536L;
                file.Write(data);
            }
            if (endsInHole)
                file.SetLength(runs * 131072L + 1_000_001);
        }
        using (Process process = Process.Start(gnuTar, ["-C", directory["tree"], "--sparse", .. options, "-cf", directory["sparse.tar"], "."]))
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
        }
        Assert.InRange(new FileInfo(directory["sparse.tar"]).Length, 0, 400_000);
        await using FileStream tar = File.OpenRead(directory["sparse.tar"]);
        await RoundTripAsync(tar, directory);
    }

    [Theory]
    [InlineData("../../../etc/hostname")]
    [InlineData("/etc/hostname")]
    [InlineData("link")]
    [InlineData("up/etc/hostname")]
    [InlineData("pipe")]
    [InlineData("missing")]
    [InlineData("f/")]
    public async Task OpenTar_RecordThatLeadsElsewhere_IsCorrupt(string name)
    {
        Peers.RequireRoot();
        using var directory = new TempDirectory();
        await using var driver = new Overlay2Driver(directory["overlay2"]);
        string id = new('a', 64);
        byte[] tar = new TarBuilder().File("f", "1").SymbolicLink("link", "/etc/hostname").SymbolicLink("up", "../../../../../..").Fifo("pipe").ToArray();
        await driver.StageAsync(id, new MemoryStream(tar), TestContext.Current.CancellationToken);
        byte[] records = TarSplitting.Compress($$"""{"type":1,"name":"{{name}}","size":9,"payload":"AAAAAAAAAAA=","position":0}""");
        await using Stream rebuilt = TarSplitReader.OpenTar(new MemoryStream(records), (file, token) => driver.OpenFileAsync(id, file, token));
        OciException error = await Assert.ThrowsAsync<OciException>(() => rebuilt.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
        Assert.Equal(OciErrorKind.Corrupt, error.Kind);
    }

    private static async Task<long> RoundTripAsync(Stream tar, TempDirectory directory)
    {
        await using var store = new FileLayerStore(directory["store/image/overlay2/layerdb"], new Overlay2Driver(directory["store/overlay2"]));
        using var original = new HashingStream(tar);
        await using StagedLayer staged = await store.StageAsync(original, null, TestContext.Current.CancellationToken);
        await using LayerHandle layer = await staged.CommitAsync(null, TestContext.Current.CancellationToken);
        await using Stream opened = await layer.OpenTarAsync(TestContext.Current.CancellationToken);
        using var rebuilt = new HashingStream(opened);
        await rebuilt.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        Assert.Equal(original.Length, rebuilt.Length);
        Assert.Equal(original.Finish(), rebuilt.Finish());
        return rebuilt.Length;
    }

    private static bool IsTar(string path)
    {
        Span<byte> head = stackalloc byte[263];
        using FileStream file = File.OpenRead(path);
        int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd])
            || length == 263 && (head[257..].StartsWith("ustar"u8) || path.EndsWith(".tar", StringComparison.Ordinal));
    }
}
