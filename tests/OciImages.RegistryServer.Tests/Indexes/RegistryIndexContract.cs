using System.Text;

namespace OciImages.RegistryServer.Tests.Indexes;

/// <summary>What every index does.</summary>
public abstract class RegistryIndexContract
{
    protected const string Repository = "a/b";

    private static readonly Digest Blob = Digest.Compute("blob"u8);

    protected abstract IRegistryIndex Index { get; }

    [Fact]
    public async Task Repository_BeforeAnything_IsUnknownAndEmpty()
    {
        Assert.False(await Index.HasRepositoryAsync(Repository));
        Assert.Empty(await Index.ListTagsAsync(Repository).ToListAsync());
        Assert.Empty(await Index.ListManifestsAsync(Repository).ToListAsync());
        Assert.Empty(await Index.ListRepositoriesAsync().ToListAsync());
        Assert.Null(await Index.FindTagAsync(Repository, "t"));
        Assert.Null(await Index.FindManifestAsync(Repository, Blob));
        Assert.False(await Index.HasBlobAsync(Repository, Blob));
        Assert.False(await Index.RemoveBlobAsync(Repository, Blob));
        Assert.False(await Index.RemoveTagAsync(Repository, "t"));
        Assert.False(await Index.RemoveManifestAsync(Repository, Blob));
    }

    [Fact]
    public async Task AddBlob_Twice_IsThereOnce()
    {
        await Index.AddBlobAsync(Repository, Blob);
        await Index.AddBlobAsync(Repository, Blob);
        Assert.True(await Index.HasBlobAsync(Repository, Blob));
        Assert.True(await Index.HasRepositoryAsync(Repository));
        Assert.Equal(Blob, Assert.Single(await Index.ListBlobsAsync(Repository).ToListAsync()).Digest);
        Assert.False(await Index.HasBlobAsync("a", Blob));
        Assert.False(await Index.HasRepositoryAsync("a"));
        Assert.Equal(Repository, await Index.FindRepositoryOfAsync(Blob));
        Assert.True(await Index.RemoveBlobAsync(Repository, Blob));
        Assert.False(await Index.HasBlobAsync(Repository, Blob));
        Assert.Null(await Index.FindRepositoryOfAsync(Blob));
    }

    [Fact]
    public async Task PutManifest_WithMissingParts_NamesThemAndChangesNothing()
    {
        await Index.AddBlobAsync(Repository, Blob);
        var missing = Digest.Compute("missing"u8, DigestAlgorithm.Sha512);
        var manifest = Manifest("m");
        Assert.Equal([missing], await Index.PutManifestAsync(Repository, manifest, ["t"], [Blob, missing, missing]));
        Assert.Null(await Index.FindManifestAsync(Repository, manifest.Descriptor.Digest));
        Assert.Null(await Index.FindTagAsync(Repository, "t"));
        Assert.Empty(await Index.PutManifestAsync(Repository, manifest, ["t"], [Blob]));
        Assert.Empty(await Index.PutManifestAsync(Repository, Manifest("index"), [], [manifest.Descriptor.Digest]));
    }

    [Fact]
    public async Task PutManifest_WithEverything_IsReadBackAsItWas()
    {
        var digest = Digest.Compute("m"u8, DigestAlgorithm.Sha512);
        var descriptor = new Descriptor(MediaTypes.OciManifest, digest, 1)
        {
            ArtifactType = "application/vnd.x+json",
            Annotations = new Dictionary<string, string> { ["ä+<&>"] = "\u2028\"" },
        };
        await Index.PutManifestAsync(Repository, new RegistryManifest(descriptor, Blob), [], []);
        var found = await Index.FindManifestAsync(Repository, digest);
        Assert.Equal(Blob, found!.Subject);
        Assert.Equal("application/vnd.x+json", found.Descriptor.ArtifactType);
        Assert.Equal("\u2028\"", found.Descriptor.Annotations!["ä+<&>"]);
        Assert.True(found.Descriptor.HasSameContent(descriptor));
    }

    [Fact]
    public async Task Tags_OfAllForms_AreKeptApartAndInOrder()
    {
        string[] tags = ["v1", "V1", "v1.", "con", "CON", "_", "a--b", "1", new string('A', 128), new string('a', 128), "aAaA", "AaAa"];
        foreach (string tag in tags)
            await Index.PutManifestAsync(Repository, Manifest(tag), [tag], []);
        Assert.Equal(tags.Order(StringComparer.Ordinal), await Index.ListTagsAsync(Repository).ToListAsync());
        foreach (string tag in tags)
            Assert.Equal(Manifest(tag).Descriptor.Digest, await Index.FindTagAsync(Repository, tag));
        Assert.Equal(tags.Order(StringComparer.Ordinal).Where(tag => string.CompareOrdinal(tag, "_") > 0), await Index.ListTagsAsync(Repository, "_").ToListAsync());
        Assert.True(await Index.RemoveTagAsync(Repository, "V1"));
        Assert.NotNull(await Index.FindTagAsync(Repository, "v1"));
        Assert.Null(await Index.FindTagAsync(Repository, "V1"));
    }

    [Fact]
    public async Task RemoveManifest_TakesItsTagsAndItsPlaceAmongReferrers()
    {
        var referrer = Manifest("r") with { Subject = Blob };
        await Index.PutManifestAsync(Repository, referrer, ["one", "two"], []);
        await Index.PutManifestAsync(Repository, Manifest("other"), ["three"], []);
        Assert.True(await Index.RemoveManifestAsync(Repository, referrer.Descriptor.Digest));
        Assert.Equal(["three"], await Index.ListTagsAsync(Repository).ToListAsync());
        Assert.Empty(await Index.ListReferrersAsync(Repository, Blob).ToListAsync());
        Assert.False(await Index.RemoveManifestAsync(Repository, referrer.Descriptor.Digest));
    }

    [Fact]
    public async Task ListReferrers_AfterADigest_GoesOnInOrder()
    {
        RegistryManifest[] referrers = [.. Enumerable.Range(0, 5).Select(i => Manifest($"r{i}") with { Subject = Blob })];
        foreach (var referrer in referrers)
            await Index.PutManifestAsync(Repository, referrer, [], []);
        Digest[] digests = [.. referrers.Select(referrer => referrer.Descriptor.Digest).Order()];
        Assert.Equal(digests, (await Index.ListReferrersAsync(Repository, Blob).ToListAsync()).Select(entry => entry.Digest));
        Assert.Equal(digests[2..], (await Index.ListReferrersAsync(Repository, Blob, digests[1]).ToListAsync()).Select(entry => entry.Digest));
        Assert.Empty(await Index.ListReferrersAsync("other", Blob).ToListAsync());
    }

    [Fact]
    public async Task ListRepositories_OfNestedNames_IsInOrder()
    {
        foreach (string name in new[] { "b", "a/b/c", "a", "a-b" })
            await Index.AddBlobAsync(name, Blob);
        Assert.Equal(["a", "a-b", "a/b/c", "b"], await Index.ListRepositoriesAsync().ToListAsync());
        Assert.Equal(["a/b/c", "b"], await Index.ListRepositoriesAsync("a-b").ToListAsync());
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../b")]
    [InlineData("A")]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("_tags")]
    [InlineData("a/_tags")]
    [InlineData("a\0")]
    public async Task Names_OfRepositoriesThatAreNone_AreRefused(string name)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Index.HasRepositoryAsync(name));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Index.AddBlobAsync(name, Blob));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Index.FindTagAsync(name, "t"));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("t~1")]
    public async Task Names_OfTagsThatAreNone_AreRefused(string tag)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Index.FindTagAsync(Repository, tag));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Index.PutManifestAsync(Repository, Manifest("m"), [tag], []));
    }

    [Fact]
    public async Task PutManifest_ByManyAtOnce_LosesNone()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
            await Index.PutManifestAsync(Repository, Manifest($"m{i}"), [$"t{i}", "latest"], []))));
        Assert.Equal(41, await Index.ListTagsAsync(Repository).CountAsync());
        Assert.NotNull(await Index.FindManifestAsync(Repository, (await Index.FindTagAsync(Repository, "latest"))!.Value));
    }

    protected static RegistryManifest Manifest(string text) =>
        new(new Descriptor(MediaTypes.OciManifest, Digest.Compute(Encoding.UTF8.GetBytes(text)), text.Length), null);
}
