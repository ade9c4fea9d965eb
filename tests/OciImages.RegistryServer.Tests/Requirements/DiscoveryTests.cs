using System.Net;
using System.Text.Json;
using OciImages.Manifests;
using OciImages.RegistryServer.Tests.Support;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests.Requirements;

/// <summary>OCI distribution specification, "Content Discovery", and Docker's catalog.</summary>
public sealed class DiscoveryTests : IAsyncDisposable
{
    private static readonly string[] Tags = ["V2", "a", "b.c", "latest", "v1", "v10", "v2"];

    private readonly TestRegistry _registry = new();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task ListingTags_All_Is200InAsciibeticalOrder()
    {
        await PushTagsAsync();
        var (names, link, repository) = await ListAsync($"/v2/{Repository}/tags/list");
        Assert.Equal(Tags, names);
        Assert.Equal(Repository, repository);
        Assert.Null(link);
    }

    [Fact]
    public async Task ListingTags_WithoutTags_IsAnEmptyList()
    {
        var (digest, _) = await _registry.PushImageAsync("only");
        (await _registry.SendAsync("DELETE", $"/v2/{Repository}/manifests/only")).Dispose();
        var (names, _, _) = await ListAsync($"/v2/{Repository}/tags/list");
        Assert.Empty(names);
        Assert.NotNull(await _registry.Index.FindManifestAsync(Repository, digest));
    }

    [Fact]
    public async Task ListingTags_OfAnUnknownRepository_Is404NameUnknown()
    {
        using var response = await _registry.SendAsync("GET", "/v2/nowhere/tags/list");
        await AssertFaultAsync(response, HttpStatusCode.NotFound, "NAME_UNKNOWN");
    }

    [Fact]
    public async Task ListingTags_ByN_GivesPagesWithLinks()
    {
        await PushTagsAsync();
        var seen = new List<string>();
        string? next = $"/v2/{Repository}/tags/list?n=3";
        int pages = 0;
        while (next is not null)
        {
            var (names, link, _) = await ListAsync(next);
            Assert.True(names.Count == 3 || link is null);
            seen.AddRange(names);
            next = link;
            pages++;
        }
        Assert.Equal(Tags, seen);
        Assert.Equal(3, pages);
    }

    [Fact]
    public async Task ListingTags_ByZero_IsAnEmptyListWithoutLink()
    {
        await PushTagsAsync();
        var (names, link, _) = await ListAsync($"/v2/{Repository}/tags/list?n=0");
        Assert.Empty(names);
        Assert.Null(link);
    }

    [Fact]
    public async Task ListingTags_AfterLast_ExcludesItAndNeedsNoN()
    {
        await PushTagsAsync();
        Assert.Equal(Tags[4..], (await ListAsync($"/v2/{Repository}/tags/list?last=latest")).Names);
        Assert.Equal(Tags[4..6], (await ListAsync($"/v2/{Repository}/tags/list?last=latest&n=2")).Names);
        Assert.Equal(Tags[5..], (await ListAsync($"/v2/{Repository}/tags/list?last=v1-was-deleted")).Names);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("99999999999999999999")]
    public async Task ListingTags_ByAMalformedN_Is400(string n)
    {
        await PushTagsAsync();
        using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/tags/list?n={n}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task ListingTags_BeyondThePageSize_IsCutWithALink()
    {
        await using var registry = new TestRegistry(options => options.PageSize = 2);
        foreach (string tag in new[] { "a", "b", "c" })
            await registry.PushImageAsync(tag);
        var (names, link, _) = await ListAsync(registry, $"/v2/{Repository}/tags/list?n=1000");
        Assert.Equal(["a", "b"], names);
        Assert.NotNull(link);
    }

    [Fact]
    public async Task Catalog_ListsRepositoriesThatHaveManifestsByPages()
    {
        foreach (string repository in new[] { "b", "a/x", "a" })
            await _registry.PushImageAsync("t", repository: repository);
        await _registry.PushBlobAsync(Bytes(1), "only/blobs");
        Assert.Equal(["a", "a/x", "b"], (await ListAsync("/v2/_catalog", "repositories")).Names);
        var (names, link, _) = await ListAsync("/v2/_catalog?n=2", "repositories");
        Assert.Equal(["a", "a/x"], names);
        Assert.Equal(["b"], (await ListAsync(link!, "repositories")).Names);
    }

    [Fact]
    public async Task ListingReferrers_WithoutAny_Is200WithAnEmptyIndex()
    {
        foreach (string repository in new[] { "nowhere", Repository })
        {
            using var response = await _registry.SendAsync("GET", $"/v2/{repository}/referrers/{Digest.Compute("x"u8)}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(MediaTypes.OciIndex, response.Content.Headers.ContentType!.ToString());
            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal(2, json.RootElement.GetProperty("schemaVersion").GetInt32());
            Assert.Equal(MediaTypes.OciIndex, json.RootElement.GetProperty("mediaType").GetString());
            Assert.Equal(0, json.RootElement.GetProperty("manifests").GetArrayLength());
            await _registry.PushImageAsync("t");
        }
    }

    [Fact]
    public async Task ListingReferrers_OfAMalformedDigest_Is400()
    {
        using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/referrers/sha256:x");
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "DIGEST_INVALID");
    }

    [Fact]
    public async Task ListingReferrers_ShowsTypesAndAnnotationsOfManifestsAndIndexes()
    {
        var (subject, bytes) = await _registry.PushImageAsync("image");
        var descriptor = new Descriptor(MediaTypes.OciManifest, subject, bytes.Length);
        var annotations = new Dictionary<string, string> { ["org.example"] = "yes" };
        var (typed, _) = await _registry.PushImageAsync("typed", 2, subject: descriptor, artifactType: "application/vnd.example+json", annotations: annotations);
        var (untyped, _) = await _registry.PushImageAsync("untyped", 3, subject: descriptor);
        var index = ImageIndex.Create([descriptor], subject: descriptor, annotations: annotations);
        using var put = await _registry.SendAsync("PUT", $"/v2/{Repository}/manifests/index", index.Content.Bytes.ToArray(), MediaTypes.OciIndex);
        Assert.Equal(subject.ToString(), Header(put, "OCI-Subject"));

        var found = (await ReferrersAsync($"/v2/{Repository}/referrers/{subject}")).Manifests.ToDictionary(entry => entry.Digest);

        Assert.Equal(3, found.Count);
        Assert.Equal("application/vnd.example+json", found[typed].ArtifactType);
        Assert.Equal("yes", found[typed].Annotations!["org.example"]);
        Assert.Equal(MediaTypes.OciConfig, found[untyped].ArtifactType);
        Assert.Null(found[index.Content.Descriptor.Digest].ArtifactType);
        Assert.Equal(MediaTypes.OciIndex, found[index.Content.Descriptor.Digest].MediaType);
        Assert.Equal("yes", found[index.Content.Descriptor.Digest].Annotations!["org.example"]);
    }

    [Fact]
    public async Task ListingReferrers_ByArtifactType_FiltersAndSaysSo()
    {
        var subject = new Descriptor(MediaTypes.OciManifest, Digest.Compute("later"u8), 5);
        var (wanted, _) = await _registry.PushImageAsync("a", 1, subject: subject, artifactType: "application/vnd.a+json");
        await _registry.PushImageAsync("b", 2, subject: subject, artifactType: "application/vnd.b");
        var (index, filters, _) = await ReferrersWithHeadersAsync($"/v2/{Repository}/referrers/{subject.Digest}?artifactType=application%2Fvnd.a%2Bjson");
        Assert.Equal(wanted, Assert.Single(index.Manifests).Digest);
        Assert.Equal("artifactType", filters);
        Assert.Null((await ReferrersWithHeadersAsync($"/v2/{Repository}/referrers/{subject.Digest}")).Filters);
    }

    [Fact]
    public async Task ListingReferrers_ThatDoNotFitOnePage_AreLinked()
    {
        await using var registry = new TestRegistry(options => options.PageSize = 2);
        var subject = new Descriptor(MediaTypes.OciManifest, Digest.Compute("later"u8), 5);
        var pushed = new List<Digest>();
        for (int i = 0; i < 5; i++)
            pushed.Add((await registry.PushImageAsync($"t{i}", i, subject: subject, artifactType: "application/vnd.a")).Digest);
        var seen = new List<Digest>();
        for (string? next = $"/v2/{Repository}/referrers/{subject.Digest}?artifactType=application/vnd.a"; next is not null;)
        {
            var (index, _, link) = await ReferrersWithHeadersAsync(next, registry);
            seen.AddRange(index.Manifests.Select(entry => entry.Digest));
            next = link;
        }
        Assert.Equal(pushed.Order(), seen);
    }

    [Fact]
    public async Task ListingReferrers_LargerThanAManifestMayBe_AreLinked()
    {
        var subject = new Descriptor(MediaTypes.OciManifest, Digest.Compute("later"u8), 5);
        var annotations = new Dictionary<string, string> { ["a"] = new('x', 1_500_000) };
        for (int i = 0; i < 3; i++)
            await _registry.PushImageAsync($"t{i}", i, subject: subject, annotations: annotations);
        var (first, _, link) = await ReferrersWithHeadersAsync($"/v2/{Repository}/referrers/{subject.Digest}");
        Assert.Equal(2, first.Manifests.Count);
        Assert.Single((await ReferrersAsync(link!)).Manifests);
    }

    private async Task PushTagsAsync()
    {
        foreach (string tag in Tags)
            await _registry.PushImageAsync(tag);
    }

    private Task<(List<string> Names, string? Link, string? Name)> ListAsync(string path, string member = "tags") => ListAsync(_registry, path, member);

    private static async Task<(List<string> Names, string? Link, string? Name)> ListAsync(TestRegistry registry, string path, string member = "tags")
    {
        using var response = await registry.SendAsync("GET", path);
        await AssertStatusAsync(HttpStatusCode.OK, response);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (
            [.. json.RootElement.GetProperty(member).EnumerateArray().Select(name => name.GetString()!)],
            Next(response),
            json.RootElement.TryGetProperty("name", out var name) ? name.GetString() : null);
    }

    private async Task<ImageIndex> ReferrersAsync(string path) => (await ReferrersWithHeadersAsync(path)).Index;

    private async Task<(ImageIndex Index, string? Filters, string? Link)> ReferrersWithHeadersAsync(string path, TestRegistry? registry = null)
    {
        using var response = await (registry ?? _registry).SendAsync("GET", path);
        await AssertStatusAsync(HttpStatusCode.OK, response);
        var content = new ManifestContent(response.Content.Headers.ContentType!.ToString(), await response.Content.ReadAsByteArrayAsync());
        return ((ImageIndex)Manifest.Parse(content), Header(response, "OCI-Filters-Applied"), Next(response));
    }

    private static string? Next(HttpResponseMessage response)
    {
        if (Header(response, "Link") is not { } link)
            return null;
        Assert.Matches("^</v2/[^>]+>; rel=\"next\"$", link);
        return link[1..link.IndexOf('>', StringComparison.Ordinal)];
    }
}
