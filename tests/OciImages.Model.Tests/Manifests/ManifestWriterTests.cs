using System.Text;
using NJsonSchema;
using OciImages.Manifests;
using OciImages.TestSupport;

namespace OciImages.Tests.Manifests;

public class ManifestWriterTests
{
    private static readonly Descriptor Config = new(MediaTypes.OciConfig, Digest.Compute("{}"u8), 2);

    private static readonly Descriptor Full = new(MediaTypes.OciLayerGzip, Digest.Compute("<&>é\u2028"u8), 1)
    {
        Urls = ["https://example.com/a?b&c"],
        Annotations = new Dictionary<string, string> { ["b"] = "<&>+'é\u2028\n\u0001\"\\😀", ["a"] = "" },
        Data = new byte[] { 0xFB, 0xEF, 0xFF },
        Platform = new Platform("windows", "amd64", "v2") { OsVersion = "10.0", OsFeatures = ["win32k"] },
        ArtifactType = "a/b",
    };

    // The order and the escapes are those of Go's json.Marshal of image-spec's structs.
    [Fact]
    public void Create_Manifest_WritesAsGo()
    {
        var manifest = ImageManifest.Create(Config, [Full], artifactType: "x/y", subject: Config, annotations: Full.Annotations);
        const string ConfigJson = """{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}""";
        const string Annotations = """{"a":"","b":"\u003c\u0026\u003e+'é\u2028\n\u0001\"\\😀"}""";
        string expected = $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"x/y","config":{{ConfigJson}},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{{Full.Digest}}","size":1,"urls":["https://example.com/a?b\u0026c"],"annotations":{{Annotations}},"data":"++//","platform":{"architecture":"amd64","os":"windows","os.version":"10.0","os.features":["win32k"],"variant":"v2"},"artifactType":"a/b"}],"subject":{{ConfigJson}},"annotations":{{Annotations}}}""";
        Assert.Equal(expected, Encoding.UTF8.GetString(manifest.Content.Bytes.Span));
    }

    [Fact]
    public void Create_ThenParse_GivesTheSameValues()
    {
        var index = ImageIndex.Create([Full, Config], MediaTypes.DockerManifestList);
        var parsed = Assert.IsType<ImageIndex>(Manifest.Parse(index.Content));
        Assert.Equal(MediaTypes.DockerManifestList, parsed.MediaType);
        Assert.True(Full.HasSameContent(parsed.Manifests[0]));
        Assert.Equal(Full.Platform, parsed.Manifests[0].Platform);
        Assert.Equal(Full.Urls, parsed.Manifests[0].Urls);
        Assert.Equal(Full.Annotations, parsed.Manifests[0].Annotations);
        Assert.Equal(Full.Data!.Value.ToArray(), parsed.Manifests[0].Data!.Value.ToArray());
        Assert.Equal(Config, parsed.Manifests[1]);
    }

    [Fact]
    public async Task Create_IsValidByTheSpecification()
    {
        var manifest = ImageManifest.Create(Config, [Full], artifactType: "x/y", subject: Full, annotations: Full.Annotations);
        await ValidatesAsync("image-manifest-schema.json", manifest.Content);
        await ValidatesAsync("image-index-schema.json", ImageIndex.Create([Full, Config], subject: Config).Content);
        await ValidatesAsync("image-index-schema.json", ImageIndex.Create([]).Content);
        await ValidatesAsync("image-manifest-schema.json", ImageManifest.Create(Config, [Config], MediaTypes.DockerManifest).Content);
    }

    [Fact]
    public void Create_BadValues_Refuses()
    {
        Assert.Throws<OciException>(() => ImageManifest.Create(Config, [], MediaTypes.OciIndex));
        Assert.Throws<OciException>(() => ImageIndex.Create([], MediaTypes.OciManifest));
        Assert.Throws<OciException>(() => ImageManifest.Create(Config, [Full with { Size = -1 }]));
        Assert.Throws<OciException>(() => ImageManifest.Create(Config, [Full with { MediaType = "" }]));
        Assert.Throws<OciException>(() => ImageManifest.Create(Config with { Digest = default }, []));
        Assert.Throws<OciException>(() => ImageManifest.Create(Config, [], artifactType: "nonsense"));
    }

    private static async Task ValidatesAsync(string schema, ManifestContent content)
    {
        var validator = await JsonSchema.FromFileAsync(RepositoryRoot.Corpus($"image-spec-schema/{schema}"));
        Assert.Empty(validator.Validate(Encoding.UTF8.GetString(content.Bytes.Span)));
    }
}
