namespace OciImages.Tests;

public class ReferencePatternTests
{
    // Expectations as Go's path.Match gives them.
    [Theory]
    [InlineData("nginx", "nginx:latest", true)]
    [InlineData("nginx:*", "nginx:latest", true)]
    [InlineData("ngin?", "nginx", true)]
    [InlineData("ngin[x-z]", "nginx", true)]
    [InlineData("ngin[^x-z]", "nginx", false)]
    [InlineData("ngin\\x", "nginx", true)]
    [InlineData("*", "nginx:1", true)]
    [InlineData("*", "owner/app", false)]
    [InlineData("*/*", "owner/app", true)]
    [InlineData("*/*/*", "ghcr.io/owner/app", true)]
    [InlineData("docker.io/library/nginx", "nginx", false)] // only the familiar forms count
    [InlineData("*:latest", "nginx", false)]
    [InlineData("a*b*c", "aXbXc", false)]
    [InlineData("a*b*c", "a1b2b3c", true)]
    [InlineData("", "nginx", false)]
    [InlineData("owner?app", "owner/app", false)]
    [InlineData("owner[^a]app", "owner/app", true)] // a negated class takes the slash
    public void IsMatch_AsPathMatch(string pattern, string reference, bool expected)
    {
        if (ImageReference.TryParse(reference, out var parsed))
            Assert.Equal(expected, ReferencePattern.Parse(pattern).IsMatch(parsed));
        else
            Assert.False(expected);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("[]a]")]
    [InlineData("[^]")]
    [InlineData("[-x]")]
    [InlineData("[x-]")]
    [InlineData("[a-b-c]")]
    [InlineData("[a")]
    [InlineData("a\\")]
    [InlineData("a[")]
    [InlineData("[\\")]
    public void Parse_Malformed_Refuses(string pattern)
    {
        var e = Assert.Throws<OciException>(() => ReferencePattern.Parse(pattern));
        Assert.Equal(OciErrorKind.InvalidInput, e.Kind);
        Assert.StartsWith("syntax error in pattern", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsMatch_ManyStars_IsFast()
    {
        var pattern = ReferencePattern.Parse(string.Concat(Enumerable.Repeat("*a", 500)) + "b");
        Assert.False(pattern.IsMatch(ImageReference.Parse("example.com/" + new string('a', 255))));
    }

    [Fact]
    public void Parse_TooLong_Refuses() => Assert.Throws<OciException>(() => ReferencePattern.Parse(new string('*', 1025)));
}
