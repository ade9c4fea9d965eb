namespace OciImages.Tests;

public class ImageReferenceTests
{
    private const string Hex = "dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c";

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx", "nginx", null, false)]
    [InlineData("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27", "1.27", false)]
    [InlineData("nginx@sha256:" + Hex, "docker.io/library/nginx@sha256:" + Hex, "nginx@sha256:" + Hex, null, true)]
    [InlineData("nginx:1@sha256:" + Hex, "docker.io/library/nginx:1@sha256:" + Hex, "nginx:1@sha256:" + Hex, "1", true)]
    [InlineData("127.0.0.1:5000/img", "127.0.0.1:5000/img", "127.0.0.1:5000/img", null, false)]
    [InlineData("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000", "5000", false)]
    [InlineData(Hex + ":tag", "docker.io/library/" + Hex + ":tag", "docker.io/library/" + Hex + ":tag", "tag", false)]
    [InlineData("docker.io/ghcr.io/app:1", "docker.io/ghcr.io/app:1", "docker.io/ghcr.io/app:1", "1", false)]
    [InlineData("docker.io/localhost/app", "docker.io/localhost/app", "docker.io/localhost/app", null, false)]
    public void Parse_Reference_IsNormalised(string text, string full, string familiar, string? tag, bool hasDigest)
    {
        var reference = ImageReference.Parse(text);
        Assert.Equal((full, familiar), (reference.ToString(), reference.ToFamiliarString()));
        Assert.Equal((tag, hasDigest), (reference.Tag, reference.Digest is not null));
        Assert.Equal(reference, ImageReference.Parse(full));
        Assert.Equal(reference, ImageReference.Parse(familiar));
        Assert.Equal(reference.Repository.FamiliarName, reference.FamiliarName);
    }

    // What a real dockerd answered with "invalid reference format", and what it took for a name.
    [Theory]
    [InlineData("sha256:", false)]
    [InlineData("a___b", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("a..b", false)]
    [InlineData("A/b", true)] // newer versions of the grammar take an upper-case first part for a domain
    [InlineData("a/B", false)]
    [InlineData("a:b:c", false)]
    [InlineData("a@sha256:123", false)]
    [InlineData("foo:.x", false)]
    [InlineData("foo:", false)]
    [InlineData("a_b", true)]
    [InlineData("a__b", true)]
    [InlineData("a-b", true)]
    [InlineData("Foo.com/bar", true)]
    [InlineData("docker.io/bb:latest", true)]
    [InlineData("foo:Tag_1.2-3", true)]
    [InlineData("localhost:80/x", true)]
    [InlineData("sha256:zz", true)]
    public void TryParse_AsDockerd(string text, bool valid) => Assert.Equal(valid, ImageReference.TryParse(text, out _));

    [Fact]
    public void Parse_ImageId_IsNoName()
    {
        var e = Assert.Throws<OciException>(() => ImageReference.Parse(Hex));
        Assert.Contains("cannot specify 64-byte hexadecimal strings", e.Message, StringComparison.Ordinal);
        Assert.Throws<OciException>(() => RepositoryName.Parse(Hex));
        Assert.True(ImageReference.TryParse("docker.io/" + Hex, out _));
        Assert.True(ImageReference.TryParse(Hex[1..], out _));
    }

    [Fact]
    public void Parse_HostileText_IsShortAndCleanInTheMessage()
    {
        var e = Assert.Throws<OciException>(() => ImageReference.Parse("\u001b[31m" + new string('x', 1_000_000)));
        Assert.True(e.Message.Length < 300);
        Assert.DoesNotContain('\u001b', e.Message);
    }

    [Fact]
    public void WithDefaultTag_OnlyNameOnly_AddsLatest()
    {
        Assert.Equal("nginx:latest", ImageReference.Parse("nginx").WithDefaultTag().ToFamiliarString());
        var tagged = ImageReference.Parse("nginx:1");
        Assert.Same(tagged, tagged.WithDefaultTag());
        var digested = ImageReference.Parse("nginx@sha256:" + Hex);
        Assert.Same(digested, digested.WithDefaultTag());
    }

    [Fact]
    public void With_KeepsTheOtherPart()
    {
        var digest = Digest.Parse("sha256:" + Hex);
        var reference = ImageReference.Parse("nginx:1").WithDigest(digest);
        Assert.Equal($"nginx:1@{digest}", reference.ToFamiliarString());
        Assert.Equal($"nginx:2@{digest}", reference.WithTag("2").ToFamiliarString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".x")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("ä")]
    public void Tag_Malformed_CannotBeMade(string tag)
    {
        var reference = ImageReference.Parse("nginx");
        Assert.StartsWith("invalid tag format", Assert.Throws<OciException>(() => reference.WithTag(tag)).Message, StringComparison.Ordinal);
        Assert.Throws<OciException>(() => reference with { Tag = tag });
    }

    [Fact]
    public void Tag_Length_IsLimited()
    {
        Assert.True(ImageReference.TryParse("a:" + new string('t', 128), out _));
        Assert.False(ImageReference.TryParse("a:" + new string('t', 129), out _));
    }

    [Fact]
    public void Digest_Empty_CannotBeSet() =>
        Assert.Throws<ArgumentException>(() => ImageReference.Parse("nginx").WithDigest(default));

    [Fact]
    public void IParsable_Works()
    {
        Assert.Equal("docker.io/library/a", Parsed<ImageReference>("a").ToString());
        Assert.Equal("docker.io/library/a", Parsed<RepositoryName>("a").ToString());

        static T Parsed<T>(string text)
            where T : IParsable<T> => T.TryParse(text, null, out var value) && value.Equals(T.Parse(text, null)) ? value : throw new FormatException();
    }
}
