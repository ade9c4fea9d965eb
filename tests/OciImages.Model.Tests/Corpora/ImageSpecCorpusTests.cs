using System.Text;
using System.Text.Json;
using OciImages.Configs;
using OciImages.Internal;
using OciImages.Manifests;
using OciImages.TestSupport;

namespace OciImages.Tests.Corpora;

/// <summary>imagespec.json: the tables of opencontainers/image-spec. All but TestChainID stand in the file twice.</summary>
public class ImageSpecCorpusTests
{
    private const string Corpus = "imagespec.json";
    private const string BackwardsCompatibility = "schema/backwards_compatibility_test.go";

    // Upstream translates Docker's media types before it validates; we read them as they are, into the same model.
    [Theory]
    [CorpusTable(Corpus, BackwardsCompatibility, "var compatMap", 4)]
    [CorpusTable(Corpus, BackwardsCompatibility, "var compatMap", 4, Copy = 2)]
    public void CompatibleMediaTypes(CorpusRow row) => row.Check(() =>
    {
        string oci = CorpusMediaTypes.Of(row.Identifier("value")!);
        Assert.Equal(MediaTypes.IsIndex(oci), MediaTypes.IsIndex(row["key"]));
        Assert.Equal(MediaTypes.IsImageManifest(oci), MediaTypes.IsImageManifest(row["key"]));
        Assert.Equal(MediaTypes.IsLayer(oci), MediaTypes.IsLayer(row["key"]));
    });

    [Theory]
    [CorpusTable(Corpus, BackwardsCompatibility, "TestBackwardsCompatibilityImageIndex", 1)]
    [CorpusTable(Corpus, BackwardsCompatibility, "TestBackwardsCompatibilityImageIndex", 1, Copy = 2)]
    public void DockerManifestLists(CorpusRow row) => Parses(row, "imageIndex", MediaTypes.DockerManifestList);

    [Theory]
    [CorpusTable(Corpus, BackwardsCompatibility, "TestBackwardsCompatibilityManifest", 1)]
    [CorpusTable(Corpus, BackwardsCompatibility, "TestBackwardsCompatibilityManifest", 1, Copy = 2)]
    public void DockerManifests(CorpusRow row) => Parses(row, "manifest", MediaTypes.DockerManifest);

    [Theory]
    [CorpusTable(Corpus, BackwardsCompatibility, "TestBackwardsCompatibilityConfig", 2)]
    [CorpusTable(Corpus, BackwardsCompatibility, "TestBackwardsCompatibilityConfig", 2, Copy = 2)]
    [CorpusTable(Corpus, "schema/config_test.go", "TestConfig", 7)]
    [CorpusTable(Corpus, "schema/config_test.go", "TestConfig", 7, Copy = 2)]
    public void ImageConfigs(CorpusRow row) => row.Check(() =>
    {
        byte[] bytes = Encoding.UTF8.GetBytes(row["config"]);
        if (row.Flag("fail"))
        {
            Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => ImageConfig.Parse(bytes)).Kind);
            return;
        }
        var config = ImageConfig.Parse(bytes);
        Assert.Equal(bytes, config.Bytes);
        if (row.Has("digest"))
            Assert.Equal(row["digest"], config.Id.ToString());
    });

    [Theory]
    [CorpusTable(Corpus, "schema/descriptor_test.go", "TestDescriptor", 21)]
    [CorpusTable(Corpus, "schema/descriptor_test.go", "TestDescriptor", 21, Copy = 2)]
    public void Descriptors(CorpusRow row) => row.Check(() =>
    {
        using var document = StrictJson.Parse(Encoding.UTF8.GetBytes(row["descriptor"]), "The descriptor");
        if (row.Flag("fail"))
            Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => DescriptorJson.Read(document.RootElement, "The descriptor")).Kind);
        else
            DescriptorJson.Read(document.RootElement, "The descriptor");
    });

    [Theory]
    [CorpusTable(Corpus, "schema/imageindex_test.go", "TestImageIndex", 8)]
    [CorpusTable(Corpus, "schema/imageindex_test.go", "TestImageIndex", 8, Copy = 2)]
    public void Indexes(CorpusRow row) => Parses(row, "imageIndex", MediaTypes.OciIndex);

    [Theory]
    [CorpusTable(Corpus, "schema/manifest_test.go", "TestManifest", 8)]
    [CorpusTable(Corpus, "schema/manifest_test.go", "TestManifest", 8, Copy = 2)]
    public void Manifests(CorpusRow row) => Parses(row, "manifest", MediaTypes.OciManifest);

    // Upstream's digests are letters; here each stands for the digest of that letter.
    [Theory]
    [CorpusTable(Corpus, "identity/chainid_test.go", "TestChainID", 5)]
    public void ChainIds(CorpusRow row) => row.Check(() =>
    {
        DiffId[] layers = row.Has("Digests") ? [.. row.Json.GetProperty("Digests").EnumerateArray().Select(d => new DiffId(Named(d.GetString()!)))] : [];
        JsonElement[] expected = row.Has("Expected") ? [.. row.Json.GetProperty("Expected").EnumerateArray()] : [];
        Assert.Equal(layers.Length, expected.Length);
        Assert.Equal(layers.Length == 0, ChainId.Of(layers).IsEmpty);
        for (int i = 0; i < layers.Length; i++)
            Assert.Equal(Expected(expected[i]), ChainId.Of(layers.AsSpan(0, i + 1)).Value);

        static Digest Named(string text) => Digest.Compute(Encoding.ASCII.GetBytes(text));
        static Digest Expected(JsonElement value) => value.ValueKind == JsonValueKind.String
            ? Named(value.GetString()!)
            : value.GetProperty("$ident").GetString() switch
            {
                "chainDigestAB" => Named($"{Named("sha256:a")} {Named("sha256:b")}"),
                "chainDigestABC" => Named($"{Named($"{Named("sha256:a")} {Named("sha256:b")}")} {Named("sha256:c")}"),
                var other => throw new InvalidOperationException(other),
            };
    });

    // Real manifests and configs, written by several tools.
    [Fact]
    public void LayoutsOfGgcr_AllParse()
    {
        int manifests = 0, configs = 0;
        foreach (string path in Directory.EnumerateFiles(RepositoryRoot.Corpus("layout"), "*", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(path);
            string text = Encoding.UTF8.GetString(bytes);
            if (text.Contains("\"schemaVersion\"", StringComparison.Ordinal))
            {
                Manifest.Parse(new ManifestContent("", bytes));
                manifests++;
            }
            else if (text.Contains("\"rootfs\"", StringComparison.Ordinal))
            {
                Assert.Equal(Path.GetFileName(path), ImageConfig.Parse(bytes).Id.Value.Hex);
                configs++;
            }
        }
        Assert.Equal((14, 4), (manifests, configs));
    }

    private static void Parses(CorpusRow row, string field, string mediaType) => row.Check(() =>
    {
        byte[] bytes = Encoding.UTF8.GetBytes(row[field]);
        if (row.Flag("fail"))
        {
            // One row has unsupported digests before the malformed one.
            var e = Assert.Throws<OciException>(() => Manifest.Parse(new ManifestContent(mediaType, bytes)));
            Assert.True(e.Kind is OciErrorKind.InvalidInput or OciErrorKind.Unsupported);
            return;
        }
        var manifest = Manifest.Parse(new ManifestContent(mediaType, bytes));
        Assert.Equal(mediaType, manifest.MediaType);
        if (row.Has("digest"))
            Assert.Equal(row["digest"], manifest.ToString());
    });
}
