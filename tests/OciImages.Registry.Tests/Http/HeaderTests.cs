using System.Text;
using Microsoft.Extensions.Time.Testing;
using OciImages.Registry.Http;

namespace OciImages.Registry.Tests.Http;

public class HeaderTests
{
    [Theory]
    [InlineData("</v2/a/tags/list?n=2&last=b>; rel=\"next\"", "/v2/a/tags/list?n=2&last=b")]
    [InlineData("<x>;rel=next", "x")]
    [InlineData("<p>; rel=\"prev\", <n>; rel=\"next\"", "n")]
    [InlineData("<n>; title=\"a, b; rel=next\"; rel=\"first next\"", "n")]
    [InlineData("<a>; title=\"x, <y>; rel=next\", <n>; REL=Next", "n")]
    [InlineData("<x>; rel=\"prev\"", null)]
    [InlineData("<x", null)]
    [InlineData("", null)]
    [InlineData("<x>", null)]
    [InlineData("<x>; rel", null)]
    public void Next_LinkHeader_GivesTarget(string header, string? expected) => Assert.Equal(expected, LinkHeader.Next(header));

    [Theory]
    [InlineData("120", 120.0)]
    [InlineData(" 0 ", 0.0)]
    [InlineData("1.5", 1.5)]
    [InlineData("Tue, 24 Nov 2026 12:01:00 GMT", 60.0)]
    [InlineData("Tue, 24 Nov 2026 11:00:00 GMT", 0.0)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    [InlineData("", null)]
    public void Of_RetryAfterHeader_GivesWait(string value, double? seconds)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", value);

        Assert.Equal(seconds, RetryAfter.Of(response, new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero)))?.TotalSeconds);
    }

    [Theory]
    [InlineData("""{"errors":[{"code":"A","message":"m","detail":{"x":1}},{"code":"B"}]}""", "A:m|B:")]
    [InlineData("""{"errors":[{"code":5,"message":null},"x"]}""", ":")]
    [InlineData("""{"errors":[]}""", "")]
    [InlineData("""{"details":"incorrect username or password"}""", ":incorrect username or password")]
    [InlineData("""{"error":"invalid_grant","error_description":"gone"}""", "invalid_grant:gone")]
    [InlineData("""{"message":"no"}""", ":no")]
    [InlineData("plain\u0000 text\r\nhere", ":plain text here")]
    [InlineData("<html><head><TITLE> 502\nBad </TITLE>", ":a web page titled \"502 Bad\"")]
    [InlineData("<html>", ":a web page")]
    [InlineData("", "")]
    public void Parse_ErrorBody_GivesErrors(string body, string expected) => Assert.Equal(
        expected, string.Join('|', ErrorBody.Parse(Encoding.UTF8.GetBytes(body), []).Select(error => $"{error.Code}:{error.Message}")));

    [Fact]
    public void Parse_BodyRepeatsSecret_IsStruckOut() => Assert.Equal(
        "wrong: [secret]", Assert.Single(ErrorBody.Parse("""{"errors":[{"code":"X","message":"wrong: s3cret"}]}"""u8.ToArray(), ["s3cret"])).Message);

    [Theory]
    [InlineData("a\u001b[31mb", "a [31mb")]
    [InlineData("a\u202eb\u200b", "ab")]
    [InlineData("  a \r\n\t b  ", "a b")]
    [InlineData("abcdefghijk", "abcdefghij…")]
    public void Clean_Text_IsFitForALogLine(string text, string expected) => Assert.Equal(expected, PlainText.Clean(text, 10));

    // Half a character in an attribute would not reach the test as such.
    [Fact]
    public void Clean_HalfACharacter_IsReplaced() => Assert.Equal("\ufffdx", PlainText.Clean("\ud800x", 10));

    [Fact]
    public void Redact_Url_HidesQueryAndUser() =>
        Assert.Equal("https://h:8443/p?…", Origin.Redact(new Uri("https://u:p@h:8443/p?X-Amz-Signature=abc#f")));
}
