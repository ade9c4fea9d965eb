using System.Text.Json;

namespace OciImages.Tests;

public class DigestTests
{
    private const string Empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string Abc512 =
        "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    [Fact]
    public void Parse_Default_PrintsEmpty()
    {
        Assert.True(default(Digest).IsEmpty);
        Assert.Equal("", default(Digest).ToString());
        Assert.Equal("", default(Digest).Hex);
        Assert.Equal(0, default(Digest).Algorithm.HexLength);
    }

    [Fact]
    public async Task Compute_KnownVectors_Match()
    {
        Assert.Equal(Empty, Digest.Compute([]).ToString());
        Assert.Equal(Abc512, Digest.Compute("abc"u8, DigestAlgorithm.Sha512).ToString());
        var stream = new MemoryStream("xabc"u8.ToArray()) { Position = 1 };
        Assert.Equal(Digest.Parse(Abc512), await Digest.ComputeAsync(stream, DigestAlgorithm.Sha512));
    }

    [Theory]
    [InlineData("sha256:../../../etc/passwd")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData(Empty + "0")]
    [InlineData(Empty + "\n")]
    [InlineData("SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("")]
    public void Parse_Malformed_Refuses(string text)
    {
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => Digest.Parse(text)).Kind);
        Assert.False(Digest.TryParse(text, out var digest));
        Assert.True(digest.IsEmpty);
    }

    [Fact]
    public void Parse_HostileText_IsShortAndCleanInTheMessage()
    {
        string message = Assert.Throws<OciException>(() => Digest.Parse("sha256:\u001b" + new string('x', 1_000_000))).Message;
        Assert.True(message.Length < 400);
        Assert.DoesNotContain('\u001b', message);
    }

    [Fact]
    public void FromHash_WrongLength_Throws()
    {
        Assert.Throws<ArgumentException>(() => Digest.FromHash(DigestAlgorithm.Sha256, new byte[31]));
        Assert.Throws<ArgumentException>(() => Digest.FromHash(default, []));
    }

    [Fact]
    public void Comparison_IsByText()
    {
        var low = Digest.Parse("sha256:" + new string('0', 64));
        var high = Digest.Parse("sha256:" + new string('f', 64));
        Assert.True(low < high && high > low && low <= high && high >= low && default(Digest) < low);
        Assert.Equal([low, high], new[] { high, low }.Order());
        Assert.Equal(low, Digest.Parse(low.ToString()));
    }

    [Fact]
    public void Json_RoundTripsAndRefuses()
    {
        var options = new JsonSerializerOptions { Converters = { new DigestJsonConverter() } };
        Assert.Equal($"\"{Empty}\"", JsonSerializer.Serialize(Digest.Compute([]), options));
        Assert.Equal(Digest.Compute([]), JsonSerializer.Deserialize<Digest>($"\"{Empty}\"", options));
        foreach (string json in new[] { "\"\"", "\"x\"", "null", "1", "{}" })
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>(json, options));
    }
}
