using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests;

public class ListTagsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ListTags_Pages_FollowsTheLinks(bool isAbsolute)
    {
        string root = "";
        await using var server = Registries.Serve(request => request.Target switch
        {
            "/v2/team/app/tags/list" => FaultResponse.Json("""{"tags":["a","b"]}""").With("Link", $"<{root}/v2/team/app/tags/list?n=2&last=b>; rel=\"next\""),
            "/v2/team/app/tags/list?n=2&last=b" => FaultResponse.Json("""{"tags":["c"]}""").With("Link", $"<?last=c>; rel=\"next\""),
            _ => FaultResponse.Json("""{"tags":null}"""),
        });
        root = isAbsolute ? server.Url : "";
        using var client = new RegistryClient();

        Assert.Equal(["a", "b", "c"], await client.Repository(server).ListTagsAsync().ToListAsync());
        Assert.Equal(3, server.Asked().Length);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/v2/team/app/tags/list?x")]
    [InlineData("https://example.com/v2/")]
    [InlineData("/elsewhere")]
    public async Task ListTags_NextPageElsewhere_IsRefused(string link)
    {
        await using var server = Registries.Serve(_ => FaultResponse.Json("""{"tags":["a"]}""").With("Link", $"<{link}>; rel=\"next\""));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListTagsAsync().ToListAsync().AsTask());

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Single(server.Asked());
    }

    [Fact]
    public async Task ListTags_PagesInACircle_Ends()
    {
        await using var server = Registries.Serve(
            request => FaultResponse.Json("""{"tags":["a"]}""").With("Link", request.Target.EndsWith('1') ? "<?p=2>; rel=next" : "<?p=1>; rel=next"));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListTagsAsync().ToListAsync().AsTask());

        Assert.Contains("pages do not end", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Asked().Length);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"tags":"a"}""")]
    [InlineData("""{"tags":[1]}""")]
    [InlineData("<html>")]
    public async Task ListTags_NotAList_IsRefused(string body)
    {
        await using var server = Registries.Serve(_ => FaultResponse.Json(body));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListTagsAsync().ToListAsync().AsTask());

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
    }

    [Fact]
    public async Task ListTags_SomeAreNoTags_LeavesThemOut()
    {
        await using var server = Registries.Serve(_ => FaultResponse.Json("""{"tags":["a","../../x","","-b","c\nd"]}"""));
        using var client = new RegistryClient();

        Assert.Equal(["a"], await client.Repository(server).ListTagsAsync().ToListAsync());
    }

    [Fact]
    public async Task ListTags_EndlessPage_IsRefused()
    {
        await using var server = Registries.Serve(_ => new() { Body = new byte[10_000], IsChunked = true, Ending = FaultEnding.Endless });
        using var client = new RegistryClient(new RegistryClientOptions { MaxListPageSize = 100_000 });

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListTagsAsync().ToListAsync().AsTask());

        Assert.Contains("larger than 100000 bytes", failure.Message, StringComparison.Ordinal);
    }
}
