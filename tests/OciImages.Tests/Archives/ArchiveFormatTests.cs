using System.IO.Compression;
using OciImages.Archives;
using OciImages.TestSupport;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Tars;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Archives;

/// <summary>Archives that others wrote, and what is no archive or a hostile one.</summary>
public sealed class ArchiveFormatTests : IAsyncLifetime
{
    private readonly PullFixture _fixture = new();

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    public static TheoryData<string, string[], bool> Archives
    {
        get
        {
            var data = new TheoryData<string, string[], bool>();
            foreach (bool asFile in new[] { true, false })
            {
                // The IDs are the digests of the configs, which the names of their files say.
                data.Add("hello-world-v25.tar", ["ee301c921b8aadc002973b2e0c3da17d701dcd994b606769a7e6eaa100b81d44"], asFile);
                data.Add("test_image_1.tar", ["6e0b05049ed9c17d02e1a55e80d6599dbfcce7f4f4b022e3c673e685789c470e bazel/v1/tarball:test_image_1"], asFile);
                data.Add("test_image_2.tar", ["930705ce23e3b6ed4c08746b6fe880089c864fbaf62482702ae3fdd66b8c7fe9 bazel/v1/tarball:test_image_2"], asFile);
                data.Add("test_load_manifest.tar", ["6e0b05049ed9c17d02e1a55e80d6599dbfcce7f4f4b022e3c673e685789c470e bazel/v1/tarball:test_image_1"], asFile);
                data.Add(
                    "test_link.tar",
                    [
                        "6e0b05049ed9c17d02e1a55e80d6599dbfcce7f4f4b022e3c673e685789c470e bazel/v1/tarball:test_image_1",
                        "d4c9adacde69c3d92446e0484cea29493e9fd573cf0c8febfc700d80c46697a4 bazel/v1/tarball:test_image_3",
                    ],
                    asFile);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task Load_OfAnArchiveInTheWild_GivesItsImages(string name, string[] expected, bool asFile)
    {
        var images = await LoadFileAsync(RepositoryRoot.Corpus(Path.Combine("tarball", name)), asFile);

        Assert.Equal(expected, images.Select(image => string.Join(' ', [image.Id.Value.Hex, .. image.References.Select(tag => tag.ToFamiliarString())])));
        foreach (var image in images)
        {
            var details = await _fixture.Catalog.InspectAsync(image.Id.ToString());
            Assert.Equal(details.Image.Config.DiffIds.Count, details.Layers.Count);
        }
    }

    [Theory]
    [InlineData("no_manifest.tar", "before 1.10")]
    [InlineData("null_manifest.tar", "manifest cannot be null")]
    [InlineData("content.tar", "neither manifest.json nor index.json")]
    // As in Docker: what names no tag is none. The bundle's tags are bare names.
    [InlineData("test_bundle.tar", "invalid tag \"test_image_2\"")]
    public async Task Load_OfWhatIsNoArchiveOfImages_SaysSo(string name, string expected)
    {
        var failure = await Assert.ThrowsAsync<OciException>(() => LoadFileAsync(RepositoryRoot.Corpus(Path.Combine("tarball", name)), asFile: true));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_OfAGzippedArchive_Works()
    {
        using var gzipped = new MemoryStream();
        await using (var gzip = new GZipStream(gzipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(await File.ReadAllBytesAsync(RepositoryRoot.Corpus(Path.Combine("tarball", "test_link.tar"))));
        gzipped.Position = 0;

        Assert.Equal(2, (await LoadAsync(gzipped)).Count);
    }

    [Fact]
    public async Task Load_OfAnImageLayout_ChoosesThePlatform()
    {
        var layout = new OciLayoutBuilder(_fixture["oci"]);
        var amd64 = layout.AddImage(null, [layout.AddGzipLayer(new TarBuilder().File("a").ToArray())], new Platform("linux", "amd64"));
        var arm64 = layout.AddImage(null, [layout.AddGzipLayer(new TarBuilder().File("b").ToArray())], new Platform("linux", "arm64"));
        layout.AddIndex("example.org/multi:v1", amd64, arm64);

        var images = await LoadAsync(Pack(layout.Path), new LoadOptions { Platform = new Platform("linux", "arm64") });

        var image = Assert.Single(images);
        Assert.Equal("example.org/multi:v1", Assert.Single(image.References).ToFamiliarString());
        Assert.Equal("arm64", (await _fixture.Root.Images.FindAsync(image.Id))!.Architecture);
        // The manifest is kept with its blobs, so that a push gives the same digest.
        Assert.NotNull(await _fixture.Root.Content.FindAsync(arm64.Digest));
    }

    [Theory]
    [InlineData("../evil", "leads out")]
    [InlineData("/evil", "leads out")]
    [InlineData("a/../../evil", "leads out")]
    public async Task Load_OfANameThatLeadsOut_IsRefused(string name, string expected) =>
        await RefuseAsync(new TarBuilder().File("manifest.json", "[]").File(name, "x"), expected);

    [Fact]
    public async Task Load_OfALinkThatLeadsOut_IsRefused() =>
        await RefuseAsync(new TarBuilder().SymbolicLink("manifest.json", "../../etc/passwd"), "leads out");

    [Fact]
    public async Task Load_OfLinksInACircle_IsRefused() =>
        await RefuseAsync(new TarBuilder().SymbolicLink("manifest.json", "b").SymbolicLink("b", "manifest.json"), "circle");

    [Fact]
    public async Task Load_OfADuplicateMember_IsRefused() =>
        await RefuseAsync(new TarBuilder().File("manifest.json", "[]").File("./manifest.json", "[]"), "twice");

    [Theory]
    [InlineData("{}", "malformed")]
    [InlineData("[{}]", "no Config")]
    [InlineData("[null]", "no Config")]
    [InlineData("""[{"Config":"missing.json","Layers":[]}]""", "has no \"missing.json\"")]
    [InlineData("""[{"Config":"../x","Layers":[]}]""", "leads out")]
    [InlineData("""[{"Config":"config.json","Layers":[]}]""", "layers length mismatch: expected 1, got 0")]
    [InlineData("""[{"Config":"config.json","Layers":["no.tar"]}]""", "has no \"no.tar\"")]
    [InlineData("""[{"Config":"config.json","Layers":["layer.tar"],"RepoTags":["a b"]}]""", "invalid tag \"a b\"")]
    [InlineData("""[{"Config":"config.json","Layers":["layer.tar"],"RepoTags":["a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}]""", "invalid tag")]
    [InlineData("""[{"Config":"config.json","Config":"config.json","Layers":["layer.tar"]}]""", "malformed")]
    public async Task Load_OfAManifestThatLies_IsRefused(string manifest, string expected)
    {
        byte[] layer = new TarBuilder().File("a").ToArray();
        await RefuseAsync(
            new TarBuilder().File("config.json", Config(Digest.Compute(layer), "linux")).File("layer.tar", layer).File("manifest.json", manifest), expected);
    }

    [Fact]
    public async Task Load_OfALayerWithAnotherDiffId_IsRefused()
    {
        var archive = new TarBuilder().File("config.json", Config(Digest.Compute("other"u8), "linux")).File("layer.tar", new TarBuilder().File("a").ToArray())
            .File("manifest.json", """[{"Config":"config.json","Layers":["layer.tar"]}]""");

        await RefuseAsync(archive, "", OciErrorKind.Corrupt);
    }

    [Fact]
    public async Task Load_OfAnotherOperatingSystem_IsRefused()
    {
        byte[] layer = new TarBuilder().File("a").ToArray();

        await RefuseAsync(
            new TarBuilder().File("config.json", Config(Digest.Compute(layer), "plan9")).File("layer.tar", layer)
                .File("manifest.json", """[{"Config":"config.json","Layers":["layer.tar"]}]"""),
            "operating system", OciErrorKind.Unsupported);
    }

    [Fact]
    public async Task Load_OfTooMuchJson_IsRefused()
    {
        var archive = new TarBuilder();
        byte[] json = new byte[4 << 20];
        json[0] = (byte)'{';
        for (int i = 0; i < 17; i++)
            archive.File($"blobs/sha256/{i}", json);

        var failure = await Assert.ThrowsAsync<OciException>(() => LoadAsync(archive.ToStream()));

        Assert.Contains("bytes of JSON", failure.Message, StringComparison.Ordinal);
    }

    private async Task RefuseAsync(TarBuilder archive, string expected, OciErrorKind kind = OciErrorKind.InvalidInput)
    {
        string path = _fixture["archive.tar"];
        await File.WriteAllBytesAsync(path, archive.ToArray());
        foreach (bool asFile in new[] { true, false })
        {
            var failure = await Assert.ThrowsAsync<OciException>(() => LoadFileAsync(path, asFile));
            Assert.Equal(kind, failure.Kind);
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
            Assert.Empty(await _fixture.Root.Layers.ListAsync().ToListAsync());
            Assert.Empty(await _fixture.Root.Images.ListAsync().ToListAsync());
            Assert.Empty(await _fixture.Root.Content.ListIngestsAsync().ToListAsync());
        }
    }

    private async Task<IReadOnlyList<LoadedImage>> LoadFileAsync(string path, bool asFile)
    {
        await using var file = File.OpenRead(path);
        await using Stream archive = asFile ? file : new BufferedStream(file);
        return await LoadAsync(archive);
    }

    private Task<IReadOnlyList<LoadedImage>> LoadAsync(Stream archive, LoadOptions? options = null) =>
        new ImageArchiver(_fixture.Root, _fixture.Catalog, _fixture.Events).LoadAsync(archive, options, TestContext.Current.CancellationToken);

    private static string Config(Digest diffId, string os) =>
        $$$"""{"architecture":"{{{Platform.Current.Architecture}}}","os":"{{{os}}}","config":{},"rootfs":{"type":"layers","diff_ids":["{{{diffId}}}"]}}""";

    private static MemoryStream Pack(string directory)
    {
        var tar = new TarBuilder();
        foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            tar.File(Path.GetRelativePath(directory, path).Replace('\\', '/'), File.ReadAllBytes(path));
        return tar.ToStream();
    }
}
