namespace OciImages.Tests.Corpora;

/// <summary>The tables of containerd and go-containerregistry about names and references.</summary>
public class NameCorpusTests
{
    private const string Ggcr = "ggcr.json";

    [Theory]
    [CorpusTable(Ggcr, "name/ref_test.go", "var testDefaultRegistry", 5)]
    [CorpusTable(Ggcr, "name/ref_test.go", "var testDefaultRegistry", 5, N = 2)]
    [CorpusTable(Ggcr, "name/digest_test.go", "var goodStrictValidationDigestNames", 4)]
    [CorpusTable(Ggcr, "name/digest_test.go", "var goodStrictValidationTagDigestNames", 3)]
    [CorpusTable(Ggcr, "name/digest_test.go", "var goodWeakValidationDigestNames", 2)]
    [CorpusTable(Ggcr, "name/digest_test.go", "var goodWeakValidationTagDigestNames", 2)]
    [CorpusTable(Ggcr, "name/tag_test.go", "var goodStrictValidationTagNames", 4)]
    [CorpusTable(Ggcr, "name/tag_test.go", "var goodWeakValidationTagNames", 4)]
    public void GoodReferences(CorpusRow row) => row.Check(() =>
    {
        var reference = ImageReference.Parse(row.Text);
        Assert.EndsWith(row.Text, reference.ToString(), StringComparison.Ordinal);
        Assert.Equal(row.Text.Contains('@', StringComparison.Ordinal), reference.Digest is not null);
    });

    [Theory]
    [CorpusTable(Ggcr, "name/digest_test.go", "var badDigestNames", 5)]
    [CorpusTable(Ggcr, "name/tag_test.go", "var badTagNames", 4)]
    [CorpusTable(Ggcr, "name/repository_test.go", "var badRepositoryNames", 3)]
    public void BadReferences(CorpusRow row) => row.Check(() => Assert.False(ImageReference.TryParse(row.Text, out _)));

    [Theory]
    [CorpusTable(Ggcr, "name/repository_test.go", "var goodStrictValidationRepositoryNames", 6)]
    [CorpusTable(Ggcr, "name/repository_test.go", "var goodWeakValidationRepositoryNames", 5)]
    public void GoodRepositories(CorpusRow row) => row.Check(() =>
        Assert.EndsWith(row.Text, RepositoryName.Parse(row.Text).ToString(), StringComparison.Ordinal));

    [Theory]
    [CorpusTable(Ggcr, "name/registry_test.go", "var goodStrictValidationRegistryNames", 5)]
    public void GoodRegistries(CorpusRow row) => row.Check(() => Assert.Equal(row.Text, new RepositoryName(row.Text, "a/b").Domain));

    [Theory]
    [CorpusTable(Ggcr, "name/registry_test.go", "var badRegistryNames", 2)]
    public void BadRegistries(CorpusRow row) => row.Check(() => Assert.Throws<OciException>(() => new RepositoryName(row.Text, "a/b")));

    // A name may say the default registry or leave it out.
    [Theory]
    [CorpusTable(Ggcr, "name/registry_test.go", "TestDefaultRegistryNames", 2)]
    public void DefaultRegistry(CorpusRow row) => row.Check(() =>
        Assert.Equal("docker.io", RepositoryName.Parse(row.Text.Length == 0 ? "ubuntu" : $"{row.Text}/ubuntu").Domain));

    // containerd's own, laxer form of references: a locator and an object. What Docker's grammar takes must come out the same.
    [Theory]
    [CorpusTable("containerd.json", "reference/reference_test.go", "TestReferenceParser", 9)]
    public void ContainerdReferences(CorpusRow row) => row.Check(() =>
    {
        if (row.Has("Err"))
        {
            Assert.False(ImageReference.TryParse(row["Input"], out _));
            return;
        }
        var expected = row.Json.GetProperty("Expected");
        var reference = ImageReference.Parse(row["Normalized"] is { Length: > 0 } normalized ? normalized : row["Input"]);
        Assert.Equal((row["Hostname"], CorpusRow.String(expected, "Locator")), (reference.Repository.Domain, reference.Repository.ToString()));
        Assert.Equal(CorpusRow.String(expected, "Object"), reference.Tag ?? "");
        Assert.Equal(row["Digest"], $"{reference.Digest}");
    });
}
