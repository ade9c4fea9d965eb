using System.Text;
using OciImages.Manifests;

namespace OciImages.Tests.Manifests;

public class ManifestTests
{
    internal const string Config = """{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}""";
    internal const string Layer = """{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}""";
    private const string Schema1Body = """{"schemaVersion":1,"name":"a","fsLayers":[{"blobSum":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}],"history":[]}""";
    private const string Entry = """{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"platform":{"architecture":"arm64","os":"linux","variant":"v8","os.version":"1","os.features":["x"]}}""";

    [Fact]
    public void Parse_OciManifest_HasEverything()
    {
        string json = $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","artifactType":"a/b","config":{{Config}},"layers":[{{Layer}}],"subject":{{Entry}},"annotations":{"k":"v"},"unknown":[1]}""";
        var manifest = Assert.IsType<ImageManifest>(Parse(json, MediaTypes.OciManifest));
        Assert.Equal(json, Encoding.UTF8.GetString(manifest.Content.Bytes.Span));
        Assert.Equal(Digest.Compute(Encoding.UTF8.GetBytes(json)), manifest.Content.Descriptor.Digest);
        Assert.Equal((MediaTypes.OciManifest, "a/b", "v"), (manifest.MediaType, manifest.ArtifactType, manifest.Annotations["k"]));
        Assert.Equal(2, manifest.Config.Size);
        Assert.Equal(MediaTypes.OciLayerGzip, Assert.Single(manifest.Layers).MediaType);
        Assert.Equal(
            new Platform("linux", "arm64", "v8") { OsVersion = "1", OsFeatures = ["x"] }, manifest.Subject!.Platform);
    }

    [Fact]
    public void Parse_DockerManifestList_IsTheSameModel()
    {
        string json = $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.DockerManifestList}}","manifests":[{{Entry}}]}""";
        var index = Assert.IsType<ImageIndex>(Parse(json, MediaTypes.DockerManifestList));
        Assert.Equal("arm64", Assert.Single(index.Manifests).Platform!.Architecture);
        Assert.Empty(index.Annotations);
        Assert.Null(index.Subject);
    }

    [Theory]
    [InlineData("\"application/octet-stream\"")]
    [InlineData("\"application/json\"")]
    [InlineData("\"text/html; charset=utf-8\"")]
    [InlineData("\"\"")]
    [InlineData("null")]
    public void Parse_OldDockerConfigTypes_AreAccepted(string mediaType)
    {
        string config = Config.Replace("\"application/vnd.oci.image.config.v1+json\"", mediaType, StringComparison.Ordinal);
        string Json(string type) => $$"""{"schemaVersion":2,"mediaType":"{{type}}","config":{{config}},"layers":[{{Layer}}]}""";
        Assert.IsType<ImageManifest>(Parse(Json(MediaTypes.DockerManifest), MediaTypes.DockerManifest));
        if (!mediaType.StartsWith("\"application", StringComparison.Ordinal))
            Refuses(Json(MediaTypes.OciManifest), MediaTypes.OciManifest, OciErrorKind.InvalidInput, "config: mediaType");
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    public void Parse_NoMediaType_InfersIt(string mediaType)
    {
        Assert.Equal(MediaTypes.OciManifest, Parse($$"""{"schemaVersion":2,"config":{{Config}},"layers":[]}""", mediaType).MediaType);
        Assert.Equal(MediaTypes.OciIndex, Parse("""{"schemaVersion":2,"manifests":[]}""", mediaType).MediaType);
        Assert.Equal(
            MediaTypes.DockerManifestList,
            Parse($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.DockerManifestList}}","manifests":[]}""", mediaType).MediaType);
    }

    [Fact]
    public void Parse_OciWithoutOwnMediaType_TakesTheDeclared()
    {
        Assert.Equal(MediaTypes.OciIndex, Parse("""{"schemaVersion":2,"manifests":null}""", MediaTypes.OciIndex).MediaType);
        Refuses("""{"schemaVersion":2,"manifests":[]}""", MediaTypes.DockerManifestList, OciErrorKind.InvalidInput, "mediaType is missing");
    }

    [Theory]
    [InlineData(MediaTypes.DockerSchema1)]
    [InlineData(MediaTypes.DockerSchema1Signed)]
    [InlineData("application/json")]
    [InlineData("")]
    [InlineData(MediaTypes.OciManifest)]
    [InlineData(MediaTypes.DockerManifest)]
    public void Parse_Schema1_SaysWhatItIs(string mediaType)
    {
        Refuses(Schema1Body, mediaType, OciErrorKind.Unsupported, "schema 1");
        Refuses("""{"fsLayers":[]}""", mediaType, OciErrorKind.Unsupported, "schema 1");
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/vnd.oci.image.config.v1+json")]
    [InlineData("application/vnd.oci.image.manifest.v2+json")]
    public void Parse_OtherMediaType_IsUnsupported(string mediaType)
    {
        string json = $$"""{"schemaVersion":2,"mediaType":"{{mediaType}}","config":{{Config}},"layers":[]}""";
        Refuses(json, mediaType, OciErrorKind.Unsupported, "not supported");
        Refuses(json, "", OciErrorKind.Unsupported, "not supported");
    }

    [Fact]
    public void Parse_Confusion_Refuses()
    {
        string both = $$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"manifests":[]}""";
        Refuses(both, MediaTypes.OciManifest, OciErrorKind.InvalidInput, "both a manifest and an index");
        Refuses(both, MediaTypes.OciIndex, OciErrorKind.InvalidInput, "both a manifest and an index");
        Refuses(both, "", OciErrorKind.InvalidInput, "both a manifest and an index");
        string hidden = both.Replace("\"manifests\"", "\"Manifests\"", StringComparison.Ordinal); // Go takes any case
        Refuses(hidden, MediaTypes.OciManifest, OciErrorKind.InvalidInput, "both a manifest and an index");
        Refuses($$"""{"schemaVersion":2,"config":{{Config}},"layers":[]}""", MediaTypes.OciIndex, OciErrorKind.InvalidInput, "has the members of a manifest");
        Refuses("""{"schemaVersion":2,"manifests":[]}""", MediaTypes.OciManifest, OciErrorKind.InvalidInput, "has the members of an index");
        string manifest = $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{Config}},"layers":[]}""";
        Refuses(manifest, MediaTypes.DockerManifest, OciErrorKind.InvalidInput, "says that it is");
        Refuses(manifest, MediaTypes.OciIndex, OciErrorKind.InvalidInput, "says that it is");
    }

    [Theory]
    [InlineData("layers", "Layers")]
    [InlineData("layers", "layer\u017F")]
    [InlineData("layers", "layers")]
    [InlineData("layers", "l\\u0061yers")]
    public void Parse_MemberTwice_Refuses(string first, string second) => Refuses(
        $$"""{"schemaVersion":2,"config":{{Config}},"{{first}}":[],"{{second}}":[{{Layer}}]}""", MediaTypes.OciManifest, OciErrorKind.InvalidInput, "");

    [Theory]
    [InlineData("not json", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    [InlineData("null", "must be an object, not null")]
    [InlineData("[]", "must be an object, not an array")]
    [InlineData("{}", "schemaVersion is missing")]
    [InlineData("""{"schemaVersion":2} x""", "not valid JSON")]
    [InlineData("\uFEFF{}", "not valid JSON")]
    [InlineData("""{"schemaVersion":"2"}""", "schemaVersion must be a number")]
    [InlineData("""{"schemaVersion":3}""", "schemaVersion must be 2, not 3")]
    [InlineData("""{"schemaVersion":2.5}""", "schemaVersion is not a 64-bit integer")]
    [InlineData("""{"schemaVersion":2}""", "config must be an object, not missing")]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":[]}""", "config must be an object, not null")]
    [InlineData("""{"schemaVersion":2,"config":[],"layers":[]}""", "config must be an object, not an array")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG}""", "layers is missing")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":{}}""", "layers must be an array")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[null]}""", "layers[0] must be an object, not null")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"annotations":{"a":1}}""", "annotations[\"a\"] must be a string")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"annotations":{"a":"1","a":"2"}}""", "not valid JSON")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"annotations":{"a":"\ud800"}}""", "not valid Unicode")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"artifactType":"x"}""", "artifactType is not a media type")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"subject":{}}""", "subject: mediaType must be a string, not missing")]
    [InlineData("""{"schemaVersion":2,"mediaType":5,"config":CONFIG,"layers":[]}""", "mediaType must be a string")]
    public void Parse_Malformed_SaysWhere(string json, string expected) =>
        Refuses(json.Replace("CONFIG", Config, StringComparison.Ordinal), MediaTypes.OciManifest, OciErrorKind.InvalidInput, expected);

    [Theory]
    [InlineData("\"digest\":\"sha256:../../x\"", OciErrorKind.InvalidInput, "digest is malformed")]
    [InlineData("\"digest\":\"sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\"", OciErrorKind.InvalidInput, "digest is malformed")]
    [InlineData("\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85\"", OciErrorKind.InvalidInput, "digest is malformed")]
    [InlineData("\"digest\":\"\"", OciErrorKind.InvalidInput, "digest is malformed")]
    [InlineData("\"digest\":\"blake3:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"", OciErrorKind.Unsupported, "digest is of an algorithm that is not supported")]
    [InlineData("\"size\":-1", OciErrorKind.InvalidInput, "size is negative")]
    [InlineData("\"size\":1e3", OciErrorKind.InvalidInput, "size is not a 64-bit integer")]
    [InlineData("\"size\":9223372036854775808", OciErrorKind.InvalidInput, "size is not a 64-bit integer")]
    [InlineData("\"size\":null", OciErrorKind.InvalidInput, "size must be a number, not null")]
    [InlineData("\"mediaType\":\"\"", OciErrorKind.InvalidInput, "mediaType is not a media type")]
    [InlineData("\"urls\":\"x\"", OciErrorKind.InvalidInput, "urls must be an array")]
    [InlineData("\"data\":\"!\"", OciErrorKind.InvalidInput, "data is not base64")]
    [InlineData("\"platform\":{\"os\":\"linux\"}", OciErrorKind.InvalidInput, "platform: architecture must be a string, not missing")]
    public void Parse_BadLayer_SaysWhich(string member, OciErrorKind kind, string expected)
    {
        string name = member[..member.IndexOf(':', StringComparison.Ordinal)];
        string layer = System.Text.RegularExpressions.Regex.Replace(Layer[..^1], name + ":(\"[^\"]*\"|[0-9]+),?", "").TrimEnd(',') + $",{member}}}";
        Refuses($$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Layer}},{{layer}}]}""", MediaTypes.OciManifest, kind, $"layers[1]: {expected}");
    }

    [Fact]
    public void Parse_DepthBomb_Refuses()
    {
        string bomb = string.Concat(Enumerable.Repeat("{\"a\":", 100_000));
        Refuses(bomb, MediaTypes.OciManifest, OciErrorKind.InvalidInput, "not valid JSON");
        Refuses(new string('[', 1_000_000), MediaTypes.OciIndex, OciErrorKind.InvalidInput, "not valid JSON");
    }

    [Fact]
    public void Parse_ManyEntries_IsFast()
    {
        string entries = string.Join(',', Enumerable.Repeat(Layer, 25_000));
        var manifest = (ImageManifest)Parse($$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{entries}}]}""", MediaTypes.OciManifest);
        Assert.Equal(25_000, manifest.Layers.Count);
    }

    internal static Manifest Parse(string json, string mediaType) => Manifest.Parse(new ManifestContent(mediaType, Encoding.UTF8.GetBytes(json)));

    private static void Refuses(string json, string mediaType, OciErrorKind kind, string expected)
    {
        var e = Assert.Throws<OciException>(() => Parse(json, mediaType));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Equal(kind, e.Kind);
        Assert.StartsWith("The manifest sha256:", e.Message, StringComparison.Ordinal);
    }
}
