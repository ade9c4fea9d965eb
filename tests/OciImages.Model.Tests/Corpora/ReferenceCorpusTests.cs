using System.Text;
using System.Text.Json;

namespace OciImages.Tests.Corpora;

/// <summary>reference.json: the tables of distribution/reference.</summary>
public class ReferenceCorpusTests
{
    private const string Corpus = "reference.json";

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestValidateReferenceName", 18)]
    public void ValidReferenceNames(CorpusRow row) => row.Check(() => ImageReference.Parse(row.Text));

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestValidateReferenceName", 10, N = 2)]
    public void InvalidReferenceNames(CorpusRow row) => row.Check(() => Assert.False(ImageReference.TryParse(row.Text, out _)));

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestValidateRemoteName", 6)]
    public void ValidRemoteNames(CorpusRow row) => row.Check(() => RepositoryName.Parse(row.Text));

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestValidateRemoteName", 9, N = 2)]
    public void InvalidRemoteNames(CorpusRow row) => row.Check(() => Assert.False(RepositoryName.TryParse(row.Text, out _)));

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestParseRepositoryInfo", 14)]
    public void RepositoryInfo(CorpusRow row) => row.Check(() =>
    {
        string[] texts = [row["FamiliarName"], row["FullName"], row["AmbiguousName"]];
        foreach (string text in texts.Where(t => t.Length > 0))
        {
            var name = ImageReference.Parse(text).Repository;
            Assert.Equal(
                (row["FamiliarName"], row["FullName"], row["Domain"], row["RemoteName"]),
                (name.FamiliarName, name.ToString(), name.Domain, name.Path));
        }
    });

    // A caller that accepts IDs, too, looks for one first; ImageReference leaves them to it.
    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestParseAnyReference", 10)]
    public void AnyReference(CorpusRow row) => row.Check(() =>
    {
        bool isReference = ImageReference.TryParse(row["Reference"], out var reference);
        Assert.Equal(!row.Has("Expected"), isReference);
        Assert.Equal(row["Equivalent"], reference?.ToString() ?? ImageId.Parse("sha256:" + row["Reference"]).ToString());
    });

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestNormalizedSplitHostname", 8)]
    public void SplitHostname(CorpusRow row) => row.Check(() =>
    {
        var name = RepositoryName.Parse(row["input"]);
        Assert.Equal((row["domain"], row["path"]), (name.Domain, name.Path));
    });

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestMatch", 6)]
    public void Match(CorpusRow row) => row.Check(() =>
        Assert.Equal(row.Flag("expected"), ReferencePattern.Parse(row["pattern"]).IsMatch(ImageReference.Parse(row["reference"]))));

    [Theory]
    [CorpusTable(Corpus, "normalize_test.go", "TestParseDockerRef", 8)]
    public void DockerRef(CorpusRow row) => row.Check(() =>
    {
        var reference = ImageReference.Parse(row["input"]).WithDefaultTag();
        Assert.Equal(row["expected"], (reference.Digest is null ? reference : reference with { Tag = null }).ToString());
    });

    [Theory]
    [CorpusTable(Corpus, "reference_test.go", "TestReferenceParse", 32)]
    public void ReferenceParse(CorpusRow row) => row.Check(() =>
    {
        if (row.Identifier("err") is { } error)
        {
            var e = Assert.Throws<OciException>(() => ImageReference.Parse(row["input"]));
            Assert.Equal(error == "ErrNameContainsUppercase", e.Message.Contains("must be lowercase", StringComparison.Ordinal));
            Assert.Equal(error == "ErrNameTooLong", e.Message.Contains("more than 255", StringComparison.Ordinal));
            Assert.Equal(error.StartsWith("digest.", StringComparison.Ordinal), e.Message.Contains("digest", StringComparison.Ordinal));
            return;
        }
        var reference = ImageReference.Parse(row["input"]);
        Assert.Equal(
            (Normalised(row["repository"]), row["tag"], row["digest"]),
            (reference.Repository.ToString(), reference.Tag ?? "", reference.Digest?.ToString() ?? ""));
    });

    [Theory]
    [CorpusTable(Corpus, "reference_test.go", "TestWithNameFailure", 5)]
    public void WithNameFailure(CorpusRow row) => row.Check(() => Assert.False(RepositoryName.TryParse(row["input"], out _)));

    [Theory]
    [CorpusTable(Corpus, "reference_test.go", "TestDomainAndPath", 4)]
    public void DomainAndPath(CorpusRow row) => row.Check(() =>
    {
        var name = RepositoryName.Parse(row["input"]);
        Assert.Equal((row["domain"] is { Length: > 0 } domain ? domain : "docker.io", row["path"]), (name.Domain, name.Path));
    });

    [Theory]
    [CorpusTable(Corpus, "reference_test.go", "TestSerialization", 4)]
    public void Serialization(CorpusRow row) => row.Check(() =>
    {
        bool valid = ImageReference.TryParse(row["input"], out var reference);
        Assert.Equal(!row.Has("err"), valid);
        if (valid)
            Assert.Equal((row["input"], row["tag"], row["digest"]), (reference!.ToString(), reference.Tag ?? "", $"{reference.Digest}"));
    });

    [Theory]
    [CorpusTable(Corpus, "reference_test.go", "TestWithTag", 5)]
    public void WithTag(CorpusRow row) => row.Check(() =>
    {
        var reference = ImageReference.Parse(row["name"]);
        if (row["digest"] is { Length: > 0 } digest)
            reference = reference.WithDigest(Digest.Parse(digest));
        Assert.Equal(row["combined"], reference.WithTag(row["tag"]).ToFamiliarString());
    });

    [Theory]
    [CorpusTable(Corpus, "reference_test.go", "TestWithDigest", 4)]
    public void WithDigest(CorpusRow row) => row.Check(() =>
    {
        var reference = ImageReference.Parse(row["name"]);
        if (row["tag"] is { Length: > 0 } tag)
            reference = reference.WithTag(tag);
        Assert.Equal(row["combined"], reference.WithDigest(Digest.Parse(row["digest"])).ToFamiliarString());
    });

    [Theory]
    [CorpusTable(Corpus, "reference_test.go", "TestParseNamed", 6)]
    public void ParseNamed(CorpusRow row) => row.Check(() =>
    {
        var reference = ImageReference.Parse(row["input"]);
        Assert.Equal(row.Identifier("err") != "ErrNameNotCanonical", reference.ToString() == row["input"]);
        if (!row.Has("err"))
            Assert.Equal((row["domain"], row["path"]), (reference.Repository.Domain, reference.Repository.Path));
    });

    [Theory]
    [CorpusTable(Corpus, "regexp_test.go", "TestDomainRegexp", 20)]
    public void DomainRegexp(CorpusRow row) => row.Check(() =>
        Assert.Equal(row.Flag("match"), RepositoryName.TryParse(row["input"] + "/a", out var name) && name.Domain == row["input"]));

    [Theory]
    [CorpusTable(Corpus, "regexp_bench_test.go", "BenchmarkParse", 42)]
    [CorpusTable(Corpus, "regexp_test.go", "TestFullNameRegexp", 42)]
    public void FullNameRegexp(CorpusRow row) => row.Check(() =>
    {
        bool valid = RepositoryName.TryParse(row["input"], out var name);
        Assert.Equal(row.Flag("match"), valid);
        if (valid)
            Assert.Equal(Normalised(row["input"]), name!.ToString());
    });

    [Theory]
    [CorpusTable(Corpus, "regexp_test.go", "TestReferenceRegexp", 8)]
    public void ReferenceRegexp(CorpusRow row) => row.Check(() =>
    {
        bool valid = ImageReference.TryParse(row["input"], out var reference);
        Assert.Equal(row.Flag("match"), valid);
        if (!valid)
            return;
        string[] parts = [.. row.Json.GetProperty("subs").EnumerateArray().Select(s => s.GetString()!)];
        Assert.Equal(parts, new[] { Familiar(parts[0], reference!), reference!.Tag ?? "", $"{reference.Digest}" });

        static string Familiar(string name, ImageReference reference) => Normalised(name) == reference.Repository.ToString() ? name : "";
    });

    [Theory]
    [CorpusTable(Corpus, "regexp_test.go", "TestIdentifierRegexp", 5)]
    public void IdentifierRegexp(CorpusRow row) => row.Check(() =>
        Assert.Equal(row.Flag("match"), Internal.ReferenceGrammar.IsIdentifier(row["input"])));

    [Theory]
    [CorpusTable(Corpus, "sort_test.go", "TestReferenceSorting", 5)]
    public void Sorting(CorpusRow row) => row.Check(() =>
    {
        string[] texts = Texts("unsorted");
        // What is no reference comes last, whether it is a digest or nonsense; that part is the caller's.
        string[] sorted =
        [
            .. texts.Where(t => ImageReference.TryParse(t, out _)).Select(ImageReference.Parse).Order(ImageReference.MostSpecificFirst)
                .Select(r => r.ToString()),
            .. texts.Where(t => !ImageReference.TryParse(t, out _)),
        ];
        Assert.Equal(Texts("expected"), sorted);

        string[] Texts(string field) => [.. row.Json.GetProperty(field).EnumerateArray().Select(Evaluate)];
    });

    // The functions of TestReferenceSorting.
    private static string Evaluate(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString()!;
        string[] args = [.. value.GetProperty("args").EnumerateArray().Select(a => a.ToString())];
        return value.GetProperty("$call").GetString() switch
        {
            "r1" => $"z.containerd.io/{args[0]}:{args[1]}@{Digested(args[2])}",
            "r2" => $"z.containerd.io/{args[0]}:{args[1]}",
            "r3" => $"z.containerd.io/{args[0]}@{Digested(args[1])}",
            "digested" => Digested(args[0])[7..],
            var other => throw new InvalidOperationException(other),
        };

        static string Digested(string seed) => Digest.Compute(Encoding.ASCII.GetBytes(seed)).ToString();
    }

    // The rows of the bare grammar know no default domain.
    private static string Normalised(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : name[..slash];
        if (first == "localhost" || first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal)
            || first.Any(char.IsUpper))
        {
            return name;
        }
        return slash < 0 ? $"docker.io/library/{name}" : $"docker.io/{name}";
    }
}
