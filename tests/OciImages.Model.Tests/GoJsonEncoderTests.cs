using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace OciImages.Tests;

public class GoJsonEncoderTests
{
    // Right-hand sides as Go 1.22 and later print them.
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<a href=\"x\">&'+`/", "\\u003ca href=\\\"x\\\"\\u003e\\u0026'+`/")]
    [InlineData("\b\f\n\r\t\\", "\\b\\f\\n\\r\\t\\\\")]
    [InlineData("\0\u0001\u001f\u007f", "\\u0000\\u0001\\u001f\u007f")]
    [InlineData("é漢😀\u0085", "é漢😀\u0085")]
    [InlineData("\u2028\u2029\u2030", "\\u2028\\u2029\u2030")]
    public void Write_Text_EscapesAsGo(string text, string expected)
    {
        Assert.Equal($"\"{expected}\"", Write(text));
        Assert.Equal($"\"{new string('x', 300)}{expected}\"", Write(new string('x', 300) + text));
    }

    [Fact]
    public void Write_AnyText_ReadsBack() => Gen.String.Sample(text =>
    {
        string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)); // without halves of surrogate pairs
        Assert.Equal(valid, JsonSerializer.Deserialize<string>(Write(valid)));
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
            writer.WriteStringValue(Encoding.UTF8.GetBytes(valid));
        Assert.Equal(Write(valid), Encoding.UTF8.GetString(buffer.WrittenSpan));
    }, iter: 2000);

    [Fact]
    public void Write_HalfASurrogatePair_IsReplaced() => Assert.Equal("a\uFFFDb", JsonSerializer.Deserialize<string>(Write("a\ud800b")));

    private static string Write(string text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
            writer.WriteStringValue(text);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
