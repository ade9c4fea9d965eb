using System.Text.Json;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Lists;

public class PagedListTests
{
    private static readonly string[] Tags = [.. Enumerable.Range(0, 250).Select(i => $"t{i:000}")];

    [Theory]
    [InlineData(100)]
    [InlineData(50)]
    [InlineData(250)]
    public async Task ListTags_NoLinks_GoesOnBehindTheLast(int pageSize)
    {
        await using var server = Registries.Serve(request =>
        {
            string last = request.Query["last"].SingleOrDefault() ?? "";
            return Page(Tags.Where(tag => string.CompareOrdinal(tag, last) > 0).Take(pageSize));
        });
        using var client = new RegistryClient();

        Assert.Equal(Tags, await client.Repository(server).ListTagsAsync().ToListAsync());
        Assert.Contains(server.Asked(), request => request.Target == $"/v2/team/app/tags/list?n={pageSize}&last={Tags[pageSize - 1]}");
    }

    [Fact]
    public async Task ListTags_LastIsNotKnown_GivesEachOnce()
    {
        await using var server = Registries.Serve(_ => Page(Tags.Take(100)));
        using var client = new RegistryClient();

        Assert.Equal(Tags.Take(100), await client.Repository(server).ListTagsAsync().ToListAsync());
        Assert.Equal(2, server.Asked().Length);
    }

    [Fact]
    public async Task ListTags_LastIsNotKnownAndNothingIsInOrder_GivesEachOnce()
    {
        var unordered = Tags.Take(100).Reverse().ToArray();
        await using var server = Registries.Serve(_ => Page(unordered));
        using var client = new RegistryClient();

        Assert.Equal(unordered, await client.Repository(server).ListTagsAsync().ToListAsync());
        Assert.Equal(2, server.Asked().Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task ListTags_LinksInACircle_EndsWithThat(int length)
    {
        await using var server = Registries.Serve(request =>
        {
            int page = int.Parse(request.Query["page"].SingleOrDefault() ?? "0", null);
            return Page(["a"]).With("Link", $"</v2/team/app/tags/list?page={page % length + 1}>; rel=\"next\"");
        });
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListTagsAsync().ToListAsync().AsTask());

        Assert.Contains("pages do not end", failure.Message, StringComparison.Ordinal);
        Assert.InRange(server.Asked().Length, length + 1, (3 * length) + 3);
    }

    [Theory]
    [InlineData("https://other.example/v2/team/app/tags/list?page=2")]
    [InlineData("//other.example/v2/team/app/tags/list?page=2")]
    [InlineData("http://169.254.169.254/v2/x")]
    [InlineData("/elsewhere")]
    public async Task ListTags_LinkLeavesTheRegistry_IsNotFollowed(string link)
    {
        await using var server = Registries.Serve(_ => Page(["a"]).With("Link", $"<{link}>; rel=\"next\""));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListTagsAsync().ToListAsync().AsTask());

        Assert.Contains("not at the registry", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Asked());
    }

    [Theory]
    [InlineData("""{"tags":["\ud800"]}""")]
    [InlineData("""{"\ud800":1,"tags":["a","\udc00x"]}""")]
    public async Task ListTags_HalfACharacter_IsNoList(string json)
    {
        await using var server = Registries.Serve(_ => FaultResponse.Json(json));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListTagsAsync().ToListAsync().AsTask());

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
    }

    [Fact]
    public async Task ListRepositories_Links_FollowsThemAndLeavesOutWhatIsNoName()
    {
        await using var server = Registries.Serve(request => request.Target == "/v2/_catalog"
            ? FaultResponse.Json("""{"repositories":["a","b/c","Not A Name","../x"]}""").With("Link", "</v2/_catalog?last=z&n=4>; rel=\"next\"")
            : FaultResponse.Json("""{"repositories":["d"]}"""));
        using var client = new RegistryClient();

        var names = await client.ListRepositoriesAsync(server.Authority).ToListAsync();

        Assert.Equal(["a", "b/c", "d"], names.Select(name => name.Path));
        Assert.All(names, name => Assert.Equal(server.Authority, name.Domain));
    }

    [Fact]
    public async Task ListRepositories_WithToken_AsksForTheCatalog()
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add("ann", "s3cret-pw");
        await using var registry = await DockerRegistry.StartAsync(new() { TokenServer = tokens });
        var credentials = new StaticCredentialSource(registry.Authority, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" });
        using var client = new RegistryClient(Registries.Options(credentials: credentials));

        Assert.Empty(await client.ListRepositoriesAsync(registry.Authority).ToListAsync());
        Assert.Equal("registry:catalog:*", tokens.Requests.Single().Query["scope"].Single());
    }

    private static FaultResponse Page(IEnumerable<string> tags) => FaultResponse.Json(JsonSerializer.Serialize(new { tags }));
}
