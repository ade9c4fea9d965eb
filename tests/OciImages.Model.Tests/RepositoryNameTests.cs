namespace OciImages.Tests;

public class RepositoryNameTests
{
    [Theory]
    [InlineData("nginx", "docker.io", "library/nginx", "nginx")]
    [InlineData("library/nginx", "docker.io", "library/nginx", "nginx")]
    [InlineData("docker.io/nginx", "docker.io", "library/nginx", "nginx")]
    [InlineData("index.docker.io/nginx", "docker.io", "library/nginx", "nginx")]
    [InlineData("owner/app", "docker.io", "owner/app", "owner/app")]
    [InlineData("library/a/b", "docker.io", "library/a/b", "library/a/b")]
    [InlineData("localhost/app", "localhost", "app", "localhost/app")]
    [InlineData("127.0.0.1:5000/img", "127.0.0.1:5000", "img", "127.0.0.1:5000/img")]
    [InlineData("[::1]:5000/img", "[::1]:5000", "img", "[::1]:5000/img")]
    [InlineData("REGISTRY/app", "REGISTRY", "app", "REGISTRY/app")]
    [InlineData("registry-1.docker.io/library/nginx", "registry-1.docker.io", "library/nginx", "registry-1.docker.io/library/nginx")]
    public void Parse_Name_IsNormalised(string text, string domain, string path, string familiar)
    {
        var name = RepositoryName.Parse(text);
        Assert.Equal((domain, path, familiar), (name.Domain, name.Path, name.FamiliarName));
        Assert.Equal($"{domain}/{path}", name.ToString());
        Assert.Equal(name, RepositoryName.Parse(name.ToString()));
        Assert.Equal(name, RepositoryName.Parse(name.FamiliarName));
        Assert.Equal(name, new RepositoryName(domain, path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a.b/../c")]
    [InlineData("nginx:latest")]
    [InlineData("a\0b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("a b")]
    [InlineData("http://a/b")]
    [InlineData("a_b.example/app")]
    [InlineData("[]/app")]
    [InlineData("[::1/app")]
    [InlineData("example.com:/app")]
    [InlineData("user@example.com/app")]
    public void Parse_Malformed_Refuses(string text)
    {
        var e = Assert.Throws<OciException>(() => RepositoryName.Parse(text));
        Assert.Equal(OciErrorKind.InvalidInput, e.Kind);
        Assert.StartsWith("invalid reference format", e.Message, StringComparison.Ordinal);
        Assert.False(RepositoryName.TryParse(text, out var name));
        Assert.Null(name);
    }

    [Theory]
    [InlineData("domain", "app")] // not a domain: its text would parse as docker.io/domain/app
    [InlineData("docker.io", "../app")]
    [InlineData("evil.example/x", "app")]
    [InlineData("example.com", "app:tag")]
    [InlineData("example.com", "App")]
    [InlineData("", "app")]
    [InlineData("example.com", "")]
    public void Constructor_Malformed_Refuses(string domain, string path) =>
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => new RepositoryName(domain, path)).Kind);

    [Fact]
    public void Parse_UpperCasePath_SaysSo()
    {
        var e = Assert.Throws<OciException>(() => RepositoryName.Parse("owner/App"));
        Assert.Equal("invalid reference format: repository name must be lowercase: \"owner/App\"", e.Message);
    }

    [Fact]
    public void Parse_LongNames_HaveALimit()
    {
        Assert.Equal(255, RepositoryName.Parse("example.com/" + new string('a', 255)).Path.Length);
        var e = Assert.Throws<OciException>(() => RepositoryName.Parse("example.com/" + new string('a', 256)));
        Assert.Contains("must not be more than 255 characters", e.Message, StringComparison.Ordinal);
        Assert.True(e.Message.Length < 300);
        Assert.False(RepositoryName.TryParse(new string('a', 250) + ".com/app", out _));
    }

    [Fact]
    public void Parse_HostileLength_TakesLinearTime()
    {
        foreach (string part in new[] { "a", "a-", "a/", "a.", "_", "[", ":", "a@" })
            Assert.False(ImageReference.TryParse(string.Concat(Enumerable.Repeat(part, 300_000)) + "!", out _));
    }

    [Fact]
    public void TryParse_Null_IsFalse() => Assert.False(RepositoryName.TryParse(null, out _));
}
