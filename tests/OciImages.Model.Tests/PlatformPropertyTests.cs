using CsCheck;

namespace OciImages.Tests;

/// <summary>On failure the exception names the seed, which the environment variable CsCheck_Seed repeats.</summary>
public class PlatformPropertyTests
{
    private static readonly Gen<string> Word = Gen.OneOf(
        Gen.OneOf("", "linux", "macOS", "windows", "amd64", "X86_64", "aarch64", "arm", "armhf", "v8", "8", "9.0", "v7", "v1", "386", "unknown"),
        Gen.String);

    private static readonly Gen<Platform> Any = Gen.Select(Word, Word, Word, Gen.String.Null(), Word.Array[0, 4]).Select(
        (os, architecture, variant, version, features) => new Platform(os, architecture, variant) { OsVersion = version, OsFeatures = features });

    [Fact]
    public void Normalize_Twice_ChangesNothing() => Any.Sample(platform =>
    {
        var once = platform.Normalize();
        Assert.Equal(once, once.Normalize());
        Assert.Equal(once.ToString(), once.Normalize().ToString());
        Assert.True(new PlatformMatcher(platform).IsMatch(platform));
        Assert.True(new PlatformMatcher(platform, PlatformMatching.Exact).IsMatch(once));
    }, iter: 3000);

    [Fact]
    public void Parse_AnyText_ThrowsOnlyOciException() =>
        Gen.OneOf(Gen.Char["linux/arm64v(+)%2B."].Array[0, 24].Select(c => new string(c)), Gen.String).Sample(text =>
        {
            if (Platform.TryParse(text, out var platform))
                Assert.Equal(platform, Platform.Parse(platform.ToString()));
            else
                Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => Platform.Parse(text)).Kind);
        }, iter: 5000);

    [Fact]
    public void Compare_IsAnOrder() => Gen.Select(Any, Any, Any, Any).Sample((wanted, a, b, c) =>
    {
        var matcher = new PlatformMatcher(wanted);
        Assert.Equal(matcher.Compare(a, b), -matcher.Compare(b, a));
        if (matcher.Compare(a, b) <= 0 && matcher.Compare(b, c) <= 0)
            Assert.True(matcher.Compare(a, c) <= 0);
        if (matcher.IsMatch(a) && !matcher.IsMatch(b))
            Assert.True(matcher.Compare(a, b) < 0);
    }, iter: 3000);
}
