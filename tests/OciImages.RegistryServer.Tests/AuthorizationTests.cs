using System.Net;
using System.Text;
using OciImages.RegistryServer.Auth;
using OciImages.RegistryServer.Tests.Support;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests;

public sealed class AuthorizationTests
{
    private static readonly Dictionary<string, string> Users = new() { ["ann"] = "p:ä ss" };

    [Fact]
    public async Task Basic_WithoutOrWithWrongCredentials_Is401WithAChallenge()
    {
        await using var registry = new TestRegistry(options => options.Authorizer = new BasicAuthorizer(Users));
        foreach (string? header in new[] { null, Basic("ann", "wrong"), Basic("bob", "p:ä ss"), "Basic !!!", "Basic", "Bearer x", Basic("ann", new string('x', 10_000)) })
        {
            foreach (string path in new[] { "/v2/", "/v2/_catalog", $"/v2/{Repository}/manifests/latest" })
            {
                using var response = await registry.SendAsync("GET", path, null, null, header is null ? [] : [("Authorization", header)]);
                Assert.Equal("Basic realm=\"registry\", charset=\"UTF-8\"", RawHeader(response, "WWW-Authenticate"));
                await AssertFaultAsync(response, HttpStatusCode.Unauthorized, "UNAUTHORIZED");
            }
        }
        using var right = await registry.SendAsync("GET", "/v2/", headers: ("Authorization", Basic("ann", "p:ä ss")));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    [Fact]
    public async Task Basic_WithAnonymousPull_ChallengesOnlyWhatWrites()
    {
        await using var registry = new TestRegistry(options => options.Authorizer = new BasicAuthorizer(Users) { AllowAnonymousPull = true });
        using var pull = await registry.SendAsync("GET", $"/v2/{Repository}/manifests/latest");
        Assert.Equal(HttpStatusCode.NotFound, pull.StatusCode);
        using var push = await registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/");
        Assert.Equal(HttpStatusCode.Unauthorized, push.StatusCode);
        using var ping = await registry.SendAsync("GET", "/v2/");
        Assert.Equal(HttpStatusCode.Unauthorized, ping.StatusCode);
    }

    [Theory]
    [InlineData("GET", "manifests/latest", "repository:test/repo:pull")]
    [InlineData("GET", "tags/list", "repository:test/repo:pull")]
    [InlineData("POST", "blobs/uploads/", "repository:test/repo:pull,push")]
    [InlineData("POST", "blobs/uploads/?mount=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855&from=a/b", "repository:test/repo:pull,push repository:a/b:pull")]
    [InlineData("DELETE", "manifests/latest", "repository:test/repo:delete")]
    [InlineData("DELETE", "blobs/uploads/00000000-0000-0000-0000-000000000000", "repository:test/repo:pull,push")]
    public async Task Bearer_WithoutToken_NamesRealmServiceAndScope(string method, string path, string scope)
    {
        await using var registry = new TestRegistry(options => options.Authorizer = Bearer());
        using var response = await registry.SendAsync(method, $"/v2/{Repository}/{path}");
        Assert.Equal($"Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"{scope}\"", RawHeader(response, "WWW-Authenticate"));
        await AssertFaultAsync(response, HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Bearer_ForTheBase_NamesNoScope_AndCatalogHasItsOwn()
    {
        await using var registry = new TestRegistry(options => options.Authorizer = Bearer());
        using var ping = await registry.SendAsync("GET", "/v2/");
        Assert.Equal("Bearer realm=\"https://auth.example/token\",service=\"registry.example\"", RawHeader(ping, "WWW-Authenticate"));
        using var catalog = await registry.SendAsync("GET", "/v2/_catalog");
        Assert.EndsWith("scope=\"registry:catalog:*\"", RawHeader(catalog, "WWW-Authenticate"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bearer_WithTokens_AllowsWhatTheyAreFor()
    {
        await using var registry = new TestRegistry(options => options.Authorizer = Bearer());
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync("GET", "manifests/latest", "repository:test/repo:pull"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("POST", "blobs/uploads/", "repository:test/repo:pull"));
        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync("POST", "blobs/uploads/", "repository:test/repo:pull,push"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("GET", "manifests/latest", "expired"));
        using var insufficient = await registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/", headers: ("Authorization", "Bearer repository:test/repo:pull"));
        Assert.EndsWith(",error=\"insufficient_scope\"", RawHeader(insufficient, "WWW-Authenticate"), StringComparison.Ordinal);
        using var invalid = await registry.SendAsync("GET", $"/v2/{Repository}/tags/list", headers: ("Authorization", "Bearer expired"));
        Assert.EndsWith(",error=\"invalid_token\"", RawHeader(invalid, "WWW-Authenticate"), StringComparison.Ordinal);

        async Task<HttpStatusCode> StatusAsync(string method, string path, string token)
        {
            using var response = await registry.SendAsync(method, $"/v2/{Repository}/{path}", headers: ("Authorization", $"Bearer {token}"));
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Mount_FromWhereOneMayNotRead_BecomesAnUpload()
    {
        await using var open = new TestRegistry();
        var digest = await open.PushBlobAsync(Bytes(10), "secret");
        await using var registry = new TestRegistry(options => options.Authorizer = Bearer(), open.Root);
        string target = $"/v2/{Repository}/blobs/uploads/?mount={digest}";
        foreach (string query in new[] { "&from=secret", "" })
        {
            using var refused = await registry.SendAsync("POST", target + query, headers: ("Authorization", "Bearer repository:test/repo:pull,push"));
            Assert.Equal(HttpStatusCode.Accepted, refused.StatusCode);
        }
        using var mounted = await registry.SendAsync("POST", $"{target}&from=secret", headers: ("Authorization", "Bearer repository:test/repo:pull,push repository:secret:pull"));
        Assert.Equal(HttpStatusCode.Created, mounted.StatusCode);
    }

    [Fact]
    public async Task Denied_Is403WithDenied()
    {
        await using var registry = new TestRegistry(options => options.Authorizer = new Refusing());
        using var response = await registry.SendAsync("GET", $"/v2/{Repository}/tags/list");
        await AssertFaultAsync(response, HttpStatusCode.Forbidden, "DENIED");
    }

    [Theory]
    [InlineData("a\"b")]
    [InlineData("a\r\nb")]
    [InlineData("")]
    public void Realm_ThatWouldBreakTheHeader_IsRefused(string realm) => Assert.ThrowsAny<ArgumentException>(() => new BasicAuthorizer(Users, realm));

    // A token of these tests is the list of scopes that it grants.
    private static BearerAuthorizer Bearer() => new("https://auth.example/token", "registry.example", (token, access, _) =>
    {
        if (!token.StartsWith("repository:", StringComparison.Ordinal))
            return ValueTask.FromResult(BearerVerdict.Invalid);
        var granted = token.Split(' ').Select(scope => scope.Split(':')).ToDictionary(parts => parts[1], parts => parts[2].Split(','));
        bool suffices = access.All(one => one.ToString().Split(':') is [_, var name, var actions]
            && granted.TryGetValue(name, out string[]? have) && actions.Split(',').All(have.Contains));
        return ValueTask.FromResult(suffices ? BearerVerdict.Sufficient : BearerVerdict.Insufficient);
    });

    private static string Basic(string user, string password) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}";

    private sealed class Refusing : IRegistryAuthorizer
    {
        public ValueTask<RegistryAuthorization> AuthorizeAsync(
            Microsoft.AspNetCore.Http.HttpContext context, IReadOnlyList<RegistryAccess> access, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(RegistryAuthorization.Denied);
    }
}
