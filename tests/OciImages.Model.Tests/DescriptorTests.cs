using System.Text.Json;
using System.Text.Json.Serialization;

namespace OciImages.Tests;

public partial class DescriptorTests
{
    private static readonly Descriptor Hello = new("text/plain", Digest.Compute("hello"u8), 5);

    [Fact]
    public void GetEmbeddedContent_Verifies()
    {
        Assert.Null(Hello.GetEmbeddedContent());
        Assert.Equal("hello"u8, (Hello with { Data = "hello"u8.ToArray() }).GetEmbeddedContent()!.Value.Span);
        Assert.Equal(OciErrorKind.Corrupt, Assert.Throws<OciException>(() => (Hello with { Data = "hullo"u8.ToArray() }).GetEmbeddedContent()).Kind);
        Assert.Equal(OciErrorKind.Corrupt, Assert.Throws<OciException>(() => (Hello with { Data = "hell"u8.ToArray() }).GetEmbeddedContent()).Kind);
    }

    [Fact]
    public void HasSameContent_LooksAtDigestAndSize()
    {
        Assert.True(Hello.HasSameContent(Hello with { MediaType = "x/y" }));
        Assert.False(Hello.HasSameContent(Hello with { Size = 6 }));
        Assert.False(Hello.HasSameContent(null));
    }

    [Fact]
    public void Json_WithSourceGeneration_RoundTrips()
    {
        var descriptor = Hello with { Platform = new Platform("linux", "arm", "v7"), Data = "hello"u8.ToArray() };
        string json = JsonSerializer.Serialize(descriptor, Context.Default.Descriptor);
        Assert.Equal(
            $$$"""{"mediaType":"text/plain","digest":"{{{Hello.Digest}}}","size":5,"data":"aGVsbG8=","platform":{"architecture":"arm","os":"linux","variant":"v7"}}""",
            json);
        var parsed = JsonSerializer.Deserialize(json, Context.Default.Descriptor)!;
        Assert.Equal(descriptor with { Data = null }, parsed with { Data = null });
        Assert.Equal("hello"u8, parsed.GetEmbeddedContent()!.Value.Span);
        Assert.Equal(descriptor.Platform, JsonSerializer.Deserialize(
            JsonSerializer.Serialize(descriptor.Platform, Context.Default.Platform), Context.Default.Platform));
    }

    [Theory]
    [InlineData("""{"mediaType":"a/b","digest":"x","size":1}""")]
    [InlineData("[]")]
    [InlineData("""{"mediaType":"a/b","size":1}""")]
    public void Json_Malformed_ThrowsJsonException(string json)
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, Context.Default.Descriptor));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, Context.Default.Platform));
    }

    [JsonSerializable(typeof(Descriptor))]
    [JsonSerializable(typeof(Platform))]
    private sealed partial class Context : JsonSerializerContext;
}
