namespace OciImages.Tests;

public class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux", "amd64", null)]
    [InlineData("linux/arm64/v8", "linux", "arm64", "v8")]
    [InlineData("linux/arm64", "linux", "arm64", null)]
    [InlineData("linux/arm/7", "linux", "arm", "v7")]
    [InlineData("linux/arm", "linux", "arm", null)]
    [InlineData("Linux/AArch64", "linux", "arm64", null)]
    [InlineData("windows/x86_64", "windows", "amd64", null)]
    [InlineData("plan10/vax/780", "plan10", "vax", "780")]
    public void Parse_Text_Normalises(string text, string os, string architecture, string? variant) =>
        Assert.Equal(new Platform(os, architecture, variant), Platform.Parse(text));

    [Fact]
    public void Parse_OnePart_TakesTheRestFromTheMachine()
    {
        Assert.Equal(new Platform("linux", Platform.Current.Architecture), Platform.Parse("linux"));
        Assert.Equal(new Platform(Platform.Current.Os, "arm64"), Platform.Parse("arm64"));
        Assert.Equal(new Platform(Platform.Current.Os, "arm", "v6"), Platform.Parse("armel"));
    }

    [Fact]
    public void Parse_OsOptions_AreVersionAndFeatures()
    {
        var platform = Platform.Parse("windows(10.0.17763%2B1+win32k+gpu)/amd64");
        Assert.Equal("10.0.17763+1", platform.OsVersion);
        Assert.Equal(["win32k", "gpu"], platform.OsFeatures);
        Assert.Equal("windows(10.0.17763%2B1+gpu+win32k)/amd64", platform.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("/amd64")]
    [InlineData("linux/")]
    [InlineData("linux/amd64/v1/x")]
    [InlineData("linux/*")]
    [InlineData("linux/a b")]
    [InlineData("linux(/amd64")]
    [InlineData("linux()x/amd64")]
    [InlineData("linux(+)/amd64")]
    [InlineData("linux(1++a)/amd64")]
    [InlineData("linux(%zz)/amd64")]
    [InlineData("linux(%2)/amd64")]
    [InlineData("linux(%ff)/amd64")]
    [InlineData("linux((1))/amd64")]
    [InlineData("lin.ux/amd64")]
    public void Parse_Malformed_Refuses(string text)
    {
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => Platform.Parse(text)).Kind);
        Assert.False(Platform.TryParse(text, out _));
    }

    [Fact]
    public void Equals_ComparesFeaturesAsASet()
    {
        var a = new Platform("linux", "amd64") { OsFeatures = ["x", "y"] };
        var b = new Platform("linux", "amd64") { OsFeatures = ["y", "x", "y"] };
        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.NotEqual(a, b with { OsFeatures = ["x"] });
        Assert.NotEqual(a, a with { OsVersion = "1" });
        Assert.NotEqual(a, a with { Variant = "v2" });
        Assert.NotEqual(a, new Platform("linux", "amd64"));
    }

    [Fact]
    public void EmptyVariantAndVersion_AreNone()
    {
        var platform = new Platform("linux", "amd64", "") { OsVersion = "" };
        Assert.Equal(new Platform("linux", "amd64"), platform);
        Assert.Null((platform with { Variant = "" }).Variant);
        Assert.Equal("linux/amd64", platform.ToString());
    }

    [Fact]
    public void Current_IsThisMachine()
    {
        Assert.True(new PlatformMatcher(Platform.Current).IsMatch(Platform.Current));
        if (OperatingSystem.IsLinux())
            Assert.Equal("linux", Platform.Current.Os);
        Assert.Equal(Platform.Current.Normalize(), Platform.Parse(Platform.Current.ToString()).Normalize());
    }
}
