using System.Diagnostics;
using System.Text.Json;

namespace OciImages.Tests.Corpora;

/// <summary>platforms.json: the tables of containerd/platforms; and those of go-containerregistry about platforms.</summary>
public class PlatformCorpusTests
{
    private const string Corpus = "platforms.json";
    private const string Ggcr = "ggcr.json";

    [Theory]
    [CorpusTable(Corpus, "compare_test.go", "TestOnly", 9)]
    public void Only(CorpusRow row) => Matches(row, PlatformMatching.Compatible);

    [Theory]
    [CorpusTable(Corpus, "compare_test.go", "TestOnlyStrict", 9)]
    public void OnlyStrict(CorpusRow row) => Matches(row, PlatformMatching.Exact);

    [Theory]
    [CorpusTable(Corpus, "compare_test.go", "TestOnlyOS", 3)]
    public void OnlyOs(CorpusRow row) => Matches(row, PlatformMatching.SameOs);

    [Theory]
    [CorpusTable(Corpus, "compare_test.go", "TestOnlyOSLess", 3)]
    public void OnlyOsLess(CorpusRow row) => row.Check(() => Sorts(row, PlatformMatching.SameOs));

    // Its second table lists the comparers to run this one with.
    [Theory]
    [CorpusTable(Corpus, "compare_test.go", "TestCompareOSFeatures", 4)]
    public void CompareOsFeatures(CorpusRow row) => row.Check(() =>
    {
        Sorts(row, PlatformMatching.Compatible);
        Sorts(row, PlatformMatching.Exact);
    });

    [Theory]
    [CorpusTable(Corpus, "defaults_test.go", "TestMatchComparerMatch_ABICheckWCOW", 6)]
    public void WindowsVersions(CorpusRow row) => row.Check(() =>
    {
        var host = new PlatformMatcher(CorpusPlatform.Read(row.Json.GetProperty("hostPlatform")));
        Assert.Equal(row.Flag("match"), host.IsMatch(CorpusPlatform.Read(row.Json.GetProperty("testPlatform"))));
    });

    // Two lists, unsorted and sorted: row n of the second is what sorts to place n.
    [Theory]
    [CorpusTable(Corpus, "defaults_test.go", "TestWindowsMatchComparerLess", 5, N = 2)]
    public void WindowsLess(CorpusRow row) => row.Check(() =>
    {
        var unsorted = TestSupport.CorpusFile.Load(Corpus).Find("defaults_test.go", "TestWindowsMatchComparerLess").Rows;
        var matcher = new PlatformMatcher(new Platform("windows", "amd64") { OsVersion = "10.0.17763.1" });
        var sorted = unsorted.Select(CorpusPlatform.Read).Order(matcher).ToList();
        Assert.Equal(CorpusPlatform.Read(row.Json), sorted[row.Index]);
    });

    [Theory]
    [CorpusTable(Corpus, "defaults_windows_test.go", "TestDefaultMatchComparer", 2)]
    [CorpusTable(Corpus, "defaults_windows_test.go", "TestMatchComparerMatch_WCOW", 5)]
    public void OnWindows(CorpusRow row) => MatchesOn(row, "windows");

    [Theory]
    [CorpusTable(Corpus, "defaults_windows_test.go", "TestMatchComparerMatch_LCOW", 5)]
    public void LinuxOnWindows(CorpusRow row) => MatchesOn(row, "linux");

    [Theory]
    [CorpusTable(Corpus, "platform_windows_compat_test.go", "Test_PlatformCompat", 8)]
    public void WindowsBuilds(CorpusRow row) => row.Check(() =>
    {
        Assert.Equal(row.Flag("shouldRun"), Version(row.Identifier("hostOS")).CanRun(Version(row.Identifier("ctrOS"))));

        static Internal.WindowsVersion Version(string? name) => new(10, 0, name switch
        {
            "ltsc2019" => 17763,
            "ltsc2022" => 20348,
            "v22H2Win11" => 22621,
            "v23H2" => 25398,
            "ltsc2025" => 26100,
            _ => throw new InvalidOperationException(name),
        }, 0);
    });

    [Theory]
    [CorpusTable(Corpus, "platform_windows_compat_test.go", "Test_PlatformOrder", 3)]
    public void WindowsOrder(CorpusRow row) => row.Check(() =>
    {
        var matcher = new PlatformMatcher(CorpusPlatform.Read(row.Json.GetProperty("hostPlatform")));
        var sorted = row.Json.GetProperty("platforms").EnumerateArray().Select(CorpusPlatform.Read).Order(matcher);
        Assert.Equal(CorpusPlatform.Read(row.Json.GetProperty("wantPlatform")), sorted.First());
    });

    [Theory]
    [CorpusTable(Corpus, "platforms_test.go", "TestParseSelector", 20)]
    public void ParseSelector(CorpusRow row) => row.Check(() =>
    {
        if (row.Flag("skip"))
        {
            // Upstream does not do wildcards yet, and neither do we.
            Assert.False(Platform.TryParse(row["input"], out _));
            return;
        }
        var platform = Platform.Parse(row["input"]);
        var expected = CorpusPlatform.Read(row.Json.GetProperty("expected"));
        Assert.Equal(expected, platform);
        Assert.Equal(expected.OsFeatures, platform.OsFeatures);
        var matcher = new PlatformMatcher(platform, PlatformMatching.Exact);
        Assert.True(matcher.IsMatch(expected));
        if (row.Json.TryGetProperty("matches", out var matches))
            Assert.All(matches.EnumerateArray(), m => Assert.True(matcher.IsMatch(CorpusPlatform.Read(m))));
        Assert.Equal(CorpusPlatform.Evaluate(row.Json.GetProperty("formatted")), platform.ToString());
        Assert.Equal(platform.ToString(), Platform.Parse(platform.ToString()).ToString());
    });

    [Theory]
    [CorpusTable(Corpus, "platforms_test.go", "TestFormatAllEncoding", 6)]
    public void FormatAllEncoding(CorpusRow row) => row.Check(() =>
    {
        var platform = CorpusPlatform.Read(row.Json.GetProperty("platform"));
        Assert.Equal(row["expected"], platform.ToString());
        Assert.Equal(platform, Platform.Parse(row["expected"]));
    });

    [Theory]
    [CorpusTable(Corpus, "platforms_test.go", "TestParseSelectorInvalid", 4)]
    public void ParseSelectorInvalid(CorpusRow row) => row.Check(() => Assert.False(Platform.TryParse(row["input"], out _)));

    // The rows are the features of one platform.
    [Theory]
    [CorpusTable(Corpus, "platforms_test.go", "TestFormatAllSkipsEmptyOSFeatures", 4)]
    public void FormatAllSkipsEmptyFeatures(CorpusRow row) => row.Check(() =>
    {
        var features = TestSupport.CorpusFile.Load(Corpus).Find("platforms_test.go", "TestFormatAllSkipsEmptyOSFeatures").Rows;
        var platform = new Platform("linux", "amd64") { OsFeatures = [.. features.Select(f => f.GetString()!)] };
        Assert.Equal("linux(+gpu+simd)/amd64", platform.ToString());
        Assert.Contains(row.Text, platform.OsFeatures);
    });

    // Benchmarks upstream: the input is hostile and must be dealt with in no time.
    [Theory]
    [CorpusTable(Corpus, "platforms_test.go", "BenchmarkParseOSOptions", 4)]
    public void ParseOsOptionsIsFast(CorpusRow row) => row.Check(() =>
    {
        long start = Stopwatch.GetTimestamp();
        bool valid = Platform.TryParse(CorpusPlatform.Evaluate(row.Json.GetProperty("input")), out _);
        Assert.Equal(row["doc"] == "valid windows version and feature", valid);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    });

    [Theory]
    [CorpusTable(Corpus, "platforms_test.go", "BenchmarkFormatAllOSFeatures", 5)]
    public void FormatAllIsFast(CorpusRow row) => row.Check(() =>
    {
        long start = Stopwatch.GetTimestamp();
        Assert.StartsWith(row["doc"].Contains("windows", StringComparison.Ordinal) ? "windows(" : "linux",
            CorpusPlatform.Read(row.Json.GetProperty("platform")).ToString(), StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    });

    [Theory]
    [CorpusTable(Ggcr, "v1/platform_test.go", "TestPlatformString", 4)]
    public void GgcrString(CorpusRow row) => row.Check(() =>
        Assert.Equal(row["want"], CorpusPlatform.Read(row.Json.GetProperty("plat")).ToString()));

    [Theory]
    [CorpusTable(Ggcr, "v1/platform_test.go", "TestPlatformEquals", 11)]
    public void GgcrEquals(CorpusRow row) => row.Check(() =>
        Assert.Equal(row.Flag("equal"), CorpusPlatform.Read(row.Json.GetProperty("a")).Equals(CorpusPlatform.Read(row.Json.GetProperty("b")))));

    [Theory]
    [CorpusTable(Ggcr, "v1/platform_test.go", "TestPlatformSatisfies", 12)]
    public void GgcrSatisfies(CorpusRow row) => row.Check(() =>
    {
        var matcher = new PlatformMatcher(CorpusPlatform.Read(row.Json.GetProperty("spec")), PlatformMatching.Exact);
        Assert.Equal(row.Flag("sat"), matcher.IsMatch(CorpusPlatform.Read(row.Json.GetProperty("have"))));
    });

    [Theory]
    [CorpusTable(Ggcr, "remote/index_test.go", "TestMatchesPlatform", 8)]
    public void GgcrMatches(CorpusRow row) => row.Check(() =>
    {
        var matcher = new PlatformMatcher(CorpusPlatform.Read(row.Json.GetProperty("required")), PlatformMatching.Exact);
        Assert.Equal(row.Flag("want"), matcher.IsMatch(CorpusPlatform.Read(row.Json.GetProperty("given"))));
    });

    [Theory]
    [CorpusTable(Ggcr, "match/match_test.go", "TestPlatforms", 4)]
    public void GgcrMatchers(CorpusRow row) => row.Check(() =>
    {
        var json = row.Json.GetProperty("desc").GetProperty("Platform");
        var platform = json.ValueKind == JsonValueKind.Null ? null : CorpusPlatform.Read(json);
        var wanted = row.Json.GetProperty("platforms").EnumerateArray().Select(CorpusPlatform.Read);
        Assert.Equal(
            row.Flag("match"), platform is not null && wanted.Any(w => new PlatformMatcher(w, PlatformMatching.Exact).IsMatch(platform)));
    });

    [Theory]
    [CorpusTable(Ggcr, "crane/crane_test.go", "TestWithPlatform", 2)]
    public void GgcrParse(CorpusRow row) => row.Check(() => Assert.Equal(row.Text, Platform.Parse(row.Text).ToString()));

    private static void Matches(CorpusRow row, PlatformMatching matching) => row.Check(() =>
    {
        var matcher = new PlatformMatcher(Platform.Parse(row["platform"]), matching);
        foreach (var group in row.Json.GetProperty("matches").EnumerateArray())
        {
            foreach (var candidate in group.GetProperty("value").EnumerateArray())
            {
                bool match = matcher.IsMatch(Platform.Parse(candidate.GetString()!));
                Assert.True(group.GetProperty("key").GetBoolean() == match, $"{candidate} on {matcher.Wanted} matches: {match}");
            }
        }
    });

    private static void MatchesOn(CorpusRow row, string os) => row.Check(() =>
    {
        var matcher = new PlatformMatcher(new Platform(os, "amd64") { OsVersion = os == "windows" ? CorpusPlatform.WindowsBuild : null });
        Assert.Equal(row.Flag("match"), matcher.IsMatch(CorpusPlatform.Read(row.Json.GetProperty("platform"))));
    });

    private static void Sorts(CorpusRow row, PlatformMatching matching)
    {
        var matcher = new PlatformMatcher(Platform.Parse(row["platform"]), matching);
        var sorted = row.Json.GetProperty("platforms").EnumerateArray().Select(p => Platform.Parse(p.GetString()!)).Order(matcher);
        Assert.Equal(row.Json.GetProperty("expected").EnumerateArray().Select(p => p.GetString()!), sorted.Select(p => p.ToString()));
    }
}
