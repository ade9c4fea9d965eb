using System.IO.Compression;
using System.Text;
using OciImages.Events;
using OciImages.Import;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Import;

public sealed class ImageImporterTests : IAsyncDisposable
{
    private readonly PullFixture _fixture = new();

    private ImageImporter Importer => new(_fixture.Root, _fixture.Events);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task ImportAsync_Tree_IsAnImageOfOneLayer()
    {
        byte[] tar = new TarBuilder().Directory("etc/").File("etc/x", "hello").ToArray();

        var id = await Importer.ImportAsync(
            new MemoryStream(tar),
            new ImportOptions { Reference = ImageReference.Parse("app"), Changes = ["ENV A=1", "CMD [\"/x\"]"], Message = "mine", Platform = Platform.Parse("linux/arm/v7") });

        var image = (await _fixture.Catalog.InspectAsync("app")).Image;
        Assert.Equal(id, image.Id);
        Assert.Equal(["app:latest"], image.RepoTags);
        Assert.Equal([new DiffId(Digest.Compute(tar))], image.Config.DiffIds);
        Assert.Equal(("linux", "arm", "v7", "mine"), (image.Config.Os, image.Config.Architecture, image.Config.Variant, image.Config.Comment));
        Assert.Equal(["A=1"], image.Config.Config!.Env!);
        var step = Assert.Single(image.Config.History);
        Assert.Equal(("mine", "", false, image.Config.Created), (step.Comment, step.CreatedBy, step.EmptyLayer, step.Created));
        Assert.Equal(5, Assert.Single(await _fixture.Catalog.GetHistoryAsync("app")).Size);
        Assert.NotNull((await _fixture.Catalog.InspectAsync("app")).LastTagTime);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("nothing")]
    [InlineData("an empty tar")]
    public async Task ImportAsync_OtherForms_AreTaken(string form)
    {
        using var stream = new MemoryStream();
        if (form == "gzip")
        {
            using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
            gzip.Write(new TarBuilder().File("a", "b").ToArray());
        }
        else if (form == "an empty tar")
        {
            stream.Write(new byte[10240]);
        }
        stream.Position = 0;

        var id = await Importer.ImportAsync(stream);

        var details = await _fixture.Catalog.InspectAsync(id.ToString());
        Assert.Equal("Imported from -", details.Image.Config.Comment);
        Assert.Equal(Platform.Current.Architecture, details.Image.Config.Architecture);
        Assert.Empty(details.Image.RepoTags);
        Assert.Single(details.Layers);
        Assert.True(stream.CanRead);
    }

    [Theory]
    [InlineData("RUN x", null, null, "run is not a valid change command")]
    [InlineData(null, "app@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef", null, "cannot import digest reference")]
    [InlineData(null, null, "windows/amd64", "operating system is not supported")]
    public async Task ImportAsync_BadOptions_AreRefusedInDockersWords(string? change, string? reference, string? platform, string message)
    {
        var options = new ImportOptions
        {
            Changes = change is null ? [] : [change],
            Reference = reference is null ? null : ImageReference.Parse(reference),
            Platform = platform is null ? null : Platform.Parse(platform),
        };
        var error = await Assert.ThrowsAsync<OciException>(() => Importer.ImportAsync(new TarBuilder().ToStream(), options));
        Assert.Equal((OciErrorKind.InvalidInput, message), (error.Kind, error.Message));
        await AssertNothingAsync();
    }

    [Theory]
    [InlineData("no tar")]
    [InlineData("cut")]
    [InlineData("outside")]
    [InlineData("cut gzip")]
    [InlineData("bomb")]
    [InlineData("xz")]
    public async Task ImportAsync_BadTree_LeavesNothing(string what)
    {
        byte[] good = new TarBuilder().File("a", new string('x', 100_000)).ToArray();
        byte[] bytes = what switch
        {
            "no tar" => Encoding.UTF8.GetBytes("hello"),
            "cut" => good[..5000],
            "outside" => new TarBuilder().File("../../x", "y").ToArray(),
            "xz" => [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4, 0xe6, 0xd6],
            "cut gzip" => Gzip(good)[..100],
            _ => good,
        };
        var options = new ImportOptions { Reference = ImageReference.Parse("app"), MaxUnpackedSize = what == "bomb" ? 1000 : 1 << 30 };

        await Assert.ThrowsAsync<OciException>(() => Importer.ImportAsync(new MemoryStream(bytes), options));

        await AssertNothingAsync();
    }

    [Fact]
    public async Task ImportAsync_Cancelled_LeavesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        await using var endless = new EndlessTar(cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Importer.ImportAsync(endless, null, cancellation.Token));

        await AssertNothingAsync();
    }

    [Fact]
    public async Task ImportAsync_NameThatCannotBeSet_LeavesNothing()
    {
        // A name whose record cannot be written: the file is a directory.
        string path = Directory.GetFiles(_fixture.Root.Path, "repositories.json", SearchOption.AllDirectories).FirstOrDefault()
            ?? Path.Combine(_fixture.Root.Path, "image", "blob", "repositories.json");
        File.Delete(path);
        Directory.CreateDirectory(Path.Combine(path, "in the way"));

        await Assert.ThrowsAnyAsync<OciException>(
            () => Importer.ImportAsync(new TarBuilder().File("a").ToStream(), new ImportOptions { Reference = ImageReference.Parse("app") }));

        Directory.Delete(path, recursive: true);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task ImportAsync_TwiceTheSame_AreTwoImagesOnOneLayer()
    {
        byte[] tar = new TarBuilder().File("a").ToArray();
        await Importer.ImportAsync(new MemoryStream(tar), new ImportOptions { Message = "1" });
        await Importer.ImportAsync(new MemoryStream(tar), new ImportOptions { Message = "2" });
        Assert.Equal(2, (await _fixture.Catalog.ListAsync().ToListAsync()).Count);
        Assert.Single(await _fixture.Root.Layers.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task ImportAsync_Named_PublishesTagAndImport()
    {
        using var stop = new CancellationTokenSource();
        var events = _fixture.Events.ListenAsync(stop.Token);

        var id = await Importer.ImportAsync(new TarBuilder().ToStream(), new ImportOptions { Reference = ImageReference.Parse("app:1") });

        stop.CancelAfter(TimeSpan.FromSeconds(30));
        Assert.Equal([(ImageEventType.Tag, id, "app:1"), (ImageEventType.Import, id, "app:1")], await events.Take(2).Select(e => (e.Type, e.ImageId, e.Reference)).ToListAsync());
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.NoCompression, leaveOpen: true))
            gzip.Write(bytes);
        return stream.ToArray();
    }

    private async Task AssertNothingAsync()
    {
        Assert.Empty(await _fixture.Catalog.ListAsync().ToListAsync());
        Assert.Empty(await _fixture.Root.Layers.ListAsync().ToListAsync());
        Assert.Empty(await _fixture.Root.References.ListAsync(null).ToListAsync());
        string[] left = [.. Directory.EnumerateDirectories(Path.Combine(_fixture.Root.Path, "blob")).Where(path => Directory.EnumerateFileSystemEntries(path).Any())];
        Assert.True(left.Length == 0, string.Join('\n', left));
    }

    /// <summary>A file that never ends, and cancels after a while.</summary>
    private sealed class EndlessTar(CancellationTokenSource cancellation) : MemoryStream(new TarBuilder().Add(new TarMember("a") { Content = new byte[1 << 20] }).ToArray())
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position > 1 << 19)
                await cancellation.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
