using System.Text;
using System.Text.Json;
using OciImages.Manifests;

namespace OciImages.Tests.Corpora;

/// <summary>The tables of containerd and go-containerregistry about media types and what they make of a document.</summary>
public class MediaTypeCorpusTests
{
    private const string Ggcr = "ggcr.json";
    private const string Containerd = "containerd.json";
    private static readonly Descriptor Config = new(MediaTypes.OciConfig, Digest.Compute("{}"u8), 2);

    [Theory]
    [CorpusTable(Ggcr, "types/types_test.go", "TestIsDistributable", 3)]
    public void NotDistributable(CorpusRow row) => row.Check(() => Assert.True(MediaTypes.IsForeignLayer(Of(row))));

    [Theory]
    [CorpusTable(Ggcr, "types/types_test.go", "TestIsDistributable", 10, N = 2)]
    public void Distributable(CorpusRow row) => row.Check(() => Assert.False(MediaTypes.IsForeignLayer(Of(row))));

    [Theory]
    [CorpusTable(Ggcr, "types/types_test.go", "TestIsImage", 2)]
    public void Image(CorpusRow row) => row.Check(() => Assert.True(MediaTypes.IsImageManifest(Of(row))));

    [Theory]
    [CorpusTable(Ggcr, "types/types_test.go", "TestIsImage", 9, N = 2)]
    public void NoImage(CorpusRow row) => row.Check(() => Assert.False(MediaTypes.IsImageManifest(Of(row))));

    [Theory]
    [CorpusTable(Ggcr, "types/types_test.go", "TestIsIndex", 2)]
    public void Index(CorpusRow row) => row.Check(() => Assert.True(MediaTypes.IsIndex(Of(row))));

    [Theory]
    [CorpusTable(Ggcr, "types/types_test.go", "TestIsIndex", 9, N = 2)]
    public void NoIndex(CorpusRow row) => row.Check(() => Assert.False(MediaTypes.IsIndex(Of(row))));

    // Two lists, all and what is left to push: the difference is foreign.
    [Theory]
    [CorpusTable(Containerd, "remotes/handlers_test.go", "TestSkipNonDistributableBlobs", 4)]
    [CorpusTable(Containerd, "remotes/handlers_test.go", "TestSkipNonDistributableBlobs", 4, N = 2)]
    public void SkipNonDistributable(CorpusRow row) => row.Check(() =>
    {
        string name = row.Identifier("MediaType")!;
        bool foreign = name.Contains("Foreign", StringComparison.Ordinal) || name.Contains("NonDistributable", StringComparison.Ordinal);
        Assert.Equal(foreign, MediaTypes.IsForeignLayer(CorpusMediaTypes.Of(name)));
        Assert.True(MediaTypes.IsLayer(CorpusMediaTypes.Of(name)));
    });

    [Theory]
    [CorpusTable(Containerd, "images/image_test.go", "TestValidateMediaType", 4)]
    public void DocumentAgainstMediaType(CorpusRow row) => row.Check(() =>
    {
        string mediaType = CorpusMediaTypes.Of(row.Identifier("mt")!);
        foreach (bool index in new[] { false, true })
        {
            string own = row.Flag("index") == index ? $"\"mediaType\":\"{mediaType}\"," : "";
            string json = index
                ? $$"""{"schemaVersion":2,{{own}}"manifests":[]}"""
                : $$"""{"schemaVersion":2,{{own}}"config":{"mediaType":"a/b","digest":"{{Config.Digest}}","size":2},"layers":[]}""";
            Assert.Equal(row.Flag("index") == index, Parses(json, mediaType));
        }
    });

    [Theory]
    [CorpusTable(Containerd, "images/image_test.go", "TestValidateMediaType", 4, N = 4)]
    public void OwnMediaTypeAgainstDeclared(CorpusRow row)
    {
        string declared = CorpusMediaTypes.Of(row.Identifier("mt")!);
        Assert.True(Parses(Document(declared), declared));
        Assert.All(Types("invalid"), own => Assert.False(Parses(Document(own), declared)));
        row.Check(() => Assert.All(Types("valid"), own => Assert.True(Parses(Document(own), declared))));

        IEnumerable<string> Types(string field) => row.Json.GetProperty(field).EnumerateArray()
            .Select(t => CorpusMediaTypes.Of(t.GetProperty("$ident").GetString()!));

        static string Document(string mediaType) => MediaTypes.IsIndex(mediaType)
            ? Encoding.UTF8.GetString(ImageIndex.Create([], mediaType).Content.Bytes.Span)
            : Encoding.UTF8.GetString(ImageManifest.Create(Config, [], mediaType).Content.Bytes.Span);
    }

    [Theory]
    [CorpusTable(Ggcr, "mutate/index_test.go", "TestAppend_ArtifactType", 2)]
    [CorpusTable(Ggcr, "partial/with_test.go", "TestArtifactType_Fallback", 3)]
    [CorpusTable(Ggcr, "partial/with_test.go", "TestDescriptor_ArtifactType_Fallback", 2)]
    public void ArtifactTypeFallsBackToTheConfigs(CorpusRow row) => row.Check(() =>
    {
        var manifest = ImageManifest.Create(Config with { MediaType = Evaluate(row.Json.GetProperty("configMediaType")) }, []);
        Assert.Equal(Evaluate(row.Json.GetProperty("wantArtifactType")), manifest.EffectiveArtifactType);
    });

    [Theory]
    [CorpusTable(Ggcr, "remote/descriptor_test.go", "TestGet_ArtifactTypeAndAnnotations", 5)]
    public void ArtifactTypeAndAnnotations(CorpusRow row) => row.Check(() =>
    {
        var json = row.Json.GetProperty("manifest");
        var manifest = ImageManifest.Create(
            Config with { MediaType = Evaluate(json.GetProperty("Config").GetProperty("MediaType")) },
            [],
            artifactType: CorpusRow.String(json, "ArtifactType"),
            annotations: Annotations(json, "Annotations"));
        if (row.Has("wantArtifactType"))
            Assert.Equal(Evaluate(row.Json.GetProperty("wantArtifactType")), manifest.EffectiveArtifactType);
        Assert.Equal(Annotations(row.Json, "wantAnnotations"), manifest.Annotations);

        static Dictionary<string, string> Annotations(JsonElement json, string field) => json.TryGetProperty(field, out var map)
            ? map.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!)
            : [];
    });

    private static string Of(CorpusRow row) => Evaluate(row.Json);

    private static string Evaluate(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : CorpusMediaTypes.Of(value.GetProperty("$ident").GetString()!);

    private static bool Parses(string json, string mediaType)
    {
        try
        {
            Manifest.Parse(new ManifestContent(mediaType, Encoding.UTF8.GetBytes(json)));
            return true;
        }
        catch (OciException)
        {
            return false;
        }
    }
}
