namespace OciImages.Tests;

public class PlatformMatcherTests
{
    [Theory]
    [InlineData("linux/amd64/v3", "linux/386 linux/amd64 linux/amd64/v4 linux/amd64/v2 linux/amd64/v3", "linux/amd64/v3")]
    [InlineData("linux/amd64/v3", "linux/386 linux/amd64 linux/amd64/v2", "linux/amd64/v2")]
    [InlineData("linux/amd64", "linux/386 linux/amd64/v2", "linux/386")]
    [InlineData("linux/arm64", "linux/arm/v5 linux/arm/v7 linux/arm/v6", "linux/arm/v7")]
    [InlineData("linux/arm64/v9.1", "linux/arm64/v8.7 linux/arm64 linux/arm64/v8.6", "linux/arm64/v8.6")]
    [InlineData("linux/arm/v7", "linux/arm/v6 linux/arm/v8 linux/arm", "linux/arm")]
    [InlineData("linux/riscv64", "linux/amd64 linux/riscv64", "linux/riscv64")]
    [InlineData("linux/s390x", "linux/amd64 windows/s390x", null)]
    [InlineData("linux/amd64/v999999999", "linux/amd64 linux/386", "linux/386")]
    public void SelectBest_SortsByMatchAndNotByIndex(string wanted, string index, string? best)
    {
        var manifests = index.Split(' ').Select(Entry).ToList();
        Assert.Equal(best is null ? null : Platform.Parse(best), new PlatformMatcher(Platform.Parse(wanted)).SelectBest(manifests)?.Platform);
    }

    [Fact]
    public void SelectBest_EquallyGood_TakesTheFirst()
    {
        var first = Entry("linux/amd64");
        Assert.Same(first, Matcher("linux/amd64").SelectBest([Entry("linux/386"), first, Entry("linux/amd64")]));
    }

    [Fact]
    public void SelectBest_NoPlatform_IsTheLastResort()
    {
        var bare = Entry("linux/amd64") with { Platform = null };
        Assert.Equal("386", Matcher("linux/amd64").SelectBest([bare, Entry("linux/386")])!.Platform!.Architecture);
        Assert.Same(bare, Matcher("linux/amd64").SelectBest([Entry("linux/arm64"), bare]));
    }

    [Fact]
    public void SelectBest_AttestationsAndOtherTypes_ArePassedOver()
    {
        var attestation = Entry("linux/amd64") with { Platform = new Platform("unknown", "unknown") };
        var layer = Entry("linux/amd64") with { MediaType = MediaTypes.OciLayerGzip };
        Assert.Null(Matcher("linux/amd64").SelectBest([attestation, layer]));
        Assert.Null(new PlatformMatcher(new Platform("unknown", "unknown")).SelectBest([attestation]));
        Assert.Null(Matcher("linux/amd64").SelectBest([]));
    }

    [Fact]
    public void SelectBest_NestedIndex_IsReturnedForTheCallerToOpen()
    {
        var nested = Entry("linux/amd64") with { MediaType = MediaTypes.OciIndex, Platform = null };
        Assert.Same(nested, Matcher("linux/amd64").SelectBest([nested]));
    }

    [Theory]
    [InlineData("windows(10.0.20348.1)/amd64", "windows(10.0.20348.999)/amd64", true)]
    [InlineData("windows(10.0.17763)/amd64", "windows(10.0.17764)/amd64", false)]
    [InlineData("windows(10.0.26100)/amd64", "windows(10.0.20348)/amd64", true)]
    [InlineData("windows(10.0.26101)/amd64", "windows(10.0.20348)/amd64", false)]
    [InlineData("windows(10.0.26100)/amd64", "windows(nonsense)/amd64", false)]
    [InlineData("windows/amd64", "windows(10.0.1)/amd64", true)]
    [InlineData("windows(10.0.20348)/amd64", "windows(10.0.20348+win32k)/amd64", true)]
    [InlineData("linux(5)/amd64", "linux(6)/amd64", true)]
    [InlineData("linux/amd64", "linux(+gpu)/amd64", false)]
    [InlineData("linux(+gpu+x)/amd64", "linux(+gpu)/amd64", true)]
    public void IsMatch_VersionAndFeatures(string wanted, string candidate, bool expected) =>
        Assert.Equal(expected, Matcher(wanted).IsMatch(Platform.Parse(candidate)));

    [Fact]
    public void IsMatch_SameOs_TakesAnyArchitecture()
    {
        var matcher = new PlatformMatcher(Platform.Parse("linux/amd64"), PlatformMatching.SameOs);
        Assert.True(matcher.IsMatch(Platform.Parse("linux/s390x")));
        Assert.False(matcher.IsMatch(Platform.Parse("windows/amd64")));
    }

    private static PlatformMatcher Matcher(string wanted) => new(Platform.Parse(wanted));

    private static Descriptor Entry(string platform) =>
        new(MediaTypes.OciManifest, Digest.Compute([]), 0) { Platform = Platform.Parse(platform) };
}
