using System.Collections.Concurrent;
using System.Net;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Auth;

/// <summary>Challenges, tokens and where secrets go, against servers that are told what to do.</summary>
public class AuthenticationTests
{
    private static readonly RegistryCredential Ann = new() { UserName = "ann", Password = "s3cret-pw" };

    [Fact]
    public async Task Request_TokenKnown_IsSentFromTheStart()
    {
        await using var pair = new TokenPair();
        using var client = pair.Client(Ann);

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");
        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        Assert.Equal([null, "Bearer t1", "Bearer t1"], pair.Registry.Asked().Select(request => request.Authorization));
        var asked = Assert.Single(pair.Tokens.Requests);
        Assert.Equal("GET", asked.Method);
        Assert.Equal("Basic YW5uOnMzY3JldC1wdw==", asked.Authorization);
        Assert.Equal("svc", asked.Query["service"].Single());
        Assert.Equal("repository:team/app:pull", asked.Query["scope"].Single());
    }

    [Fact]
    public async Task Request_Anonymous_TokenServiceGetsNoAuthorization()
    {
        await using var pair = new TokenPair();
        using var client = pair.Client(null);

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        Assert.Null(Assert.Single(pair.Tokens.Requests).Authorization);
    }

    [Theory]
    [InlineData("""{"access_token":"t9","expires_in":300}""", 250, 280)]
    [InlineData("""{"token":"t9"}""", 40, 60)]
    [InlineData("""{"token":"t9","expires_in":0,"issued_at":"2001-01-01T00:00:00Z"}""", 40, 60)]
    [InlineData("""{"token":"t9","expires_in":"120"}""", 80, 120)]
    [InlineData("""{"token":"t9","expires_in":1e300}""", 80_000, 90_000)]
    [InlineData("""{"token":"t9","expires_in":1e999}""", 80_000, 90_000)]
    [InlineData("""{"token":"t9","expires_in":-5}""", 40, 60)]
    [InlineData("""{"token":"t9","expires_in":"NaN"}""", 40, 60)]
    public async Task Token_Lifetime_CountsFromReceipt(string answer, int stillGood, int tooOld)
    {
        await using var pair = new TokenPair { TokenAnswer = _ => FaultResponse.Json(answer) };
        using var client = pair.Client(null);
        var manifests = client.Repository(pair.Registry).Manifests;

        await manifests.GetAsync("v1");
        pair.Clock.Advance(TimeSpan.FromSeconds(stillGood));
        await manifests.GetAsync("v1");
        Assert.Single(pair.Tokens.Requests);
        pair.Clock.Advance(TimeSpan.FromSeconds(tooOld - stillGood));
        await manifests.GetAsync("v1");
        Assert.Equal(2, pair.Tokens.Requests.Count);
    }

    [Theory]
    [InlineData("""{"token":"\ud800"}""")]
    [InlineData("""{"\ud800":1,"\ud800":2}""")]
    [InlineData("""{"token":"a\nb"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"token":{}}""")]
    public async Task Token_AnswerIsNonsense_FailsWithThat(string answer)
    {
        await using var pair = new TokenPair { TokenAnswer = _ => FaultResponse.Json(answer) };
        using var client = pair.Client(null);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(pair.Registry).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains("holds no usable token", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"needed to get manifest v1 of {pair.Registry.Authority}/team/app", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_TokenRefusedMidWay_IsReplacedOnce()
    {
        await using var pair = new TokenPair();
        using var client = pair.Client(Ann);
        await client.Repository(pair.Registry).Manifests.GetAsync("v1");
        pair.Accepted = "t2";

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        Assert.Equal([null, "Bearer t1", "Bearer t1", "Bearer t2"], pair.Registry.Asked().Select(request => request.Authorization));
    }

    [Fact]
    public async Task Request_FreshTokenRefused_FailsWithoutAnother()
    {
        await using var pair = new TokenPair { Accepted = "never" };
        using var client = pair.Client(Ann);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(pair.Registry).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.Unauthorized, failure.Kind);
        Assert.Contains("does not exist, or these credentials may not do this", failure.Message, StringComparison.Ordinal);
        Assert.Single(pair.Tokens.Requests);
        Assert.Equal(2, pair.Registry.Asked().Length);
    }

    [Fact]
    public async Task OpenRead_TokenExpiresMidWay_ContinuesWithANewOne()
    {
        byte[] content = Registries.Bytes(300);
        await using var pair = new TokenPair();
        pair.Answer = request =>
        {
            if (request.Range is null)
                pair.Accepted = "t2";
            return FaultResponse.Blob(request, content) with { EndAfter = request.Range is null ? 100 : null, Ending = request.Range is null ? FaultEnding.Close : default };
        };
        using var client = pair.Client(Ann);

        Assert.Equal(content, await (await client.Repository(pair.Registry).Blobs.OpenReadAsync(Registries.Blob(content))).ReadAllAsync());
        Assert.Equal("Bearer t2", pair.Registry.Asked()[^1].Authorization);
        Assert.Equal((100, 299), pair.Registry.Asked()[^1].Range);
    }

    [Fact]
    public async Task Request_RefusedWithoutChallenge_TakesItFromTheRoot()
    {
        await using var pair = new TokenPair { HidesChallenge = true };
        using var client = pair.Client(null);

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        Assert.Single(pair.Tokens.Requests);
    }

    [Fact]
    public async Task Requests_ManyAtOnce_ShareOneToken()
    {
        var gate = new TaskCompletionSource();
        await using var pair = new TokenPair { Gate = gate.Task };
        using var client = pair.Client(Ann);
        var repository = client.Repository(pair.Registry);
        using var leaving = new CancellationTokenSource();

        // The first one starts the fetch, then leaves: the others must not notice.
        var first = repository.Manifests.GetAsync("v1", leaving.Token);
        while (pair.Tokens.Requests.IsEmpty)
            await Task.Yield();
        var others = Enumerable.Range(0, 50).Select(_ => repository.Manifests.GetAsync("v1")).ToList();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();
        await Task.WhenAll(others);

        Assert.Single(pair.Tokens.Requests);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(401)]
    [InlineData(400)]
    public async Task IdentityToken_ServiceKnowsNoPost_Gets(int status)
    {
        await using var pair = new TokenPair
        {
            TokenAnswer = request => request.Method == "POST" ? new(status) : FaultResponse.Json("""{"token":"t1"}"""),
        };
        using var client = pair.Client(new RegistryCredential { IdentityToken = "refresh-me" });

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        Assert.Equal(["POST", "GET"], pair.Tokens.Requests.Select(request => request.Method));
        var form = pair.Tokens.Requests.First().Form;
        Assert.Equal("refresh_token", form["grant_type"].Single());
        Assert.Equal("refresh-me", form["refresh_token"].Single());
        Assert.Equal("svc", form["service"].Single());
        Assert.Equal("repository:team/app:pull", form["scope"].Single());
    }

    [Fact]
    public async Task Password_ServiceKnowsNoGet_Posts()
    {
        await using var pair = new TokenPair
        {
            TokenAnswer = request => request.Method == "GET" ? new(405) : FaultResponse.Json("""{"access_token":"t1"}"""),
        };
        using var client = pair.Client(Ann);

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        var form = pair.Tokens.Requests.Last().Form;
        Assert.Equal(("password", "ann", "s3cret-pw"), (form["grant_type"].Single(), form["username"].Single(), form["password"].Single()));
    }

    [Fact]
    public async Task RegistryToken_Bearer_IsSentAsItIs()
    {
        await using var pair = new TokenPair();
        using var client = pair.Client(new RegistryCredential { RegistryToken = "t1", UserName = "x", Password = "y" });

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        Assert.Empty(pair.Tokens.Requests);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"token":"a b"}""")]
    [InlineData("""{"token":"a\r\nX-Evil: 1"}""")]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":5}""")]
    public async Task Token_Unusable_IsRefused(string answer)
    {
        await using var pair = new TokenPair { TokenAnswer = _ => FaultResponse.Json(answer) };
        using var client = pair.Client(null);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(pair.Registry).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains("no usable token", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_EndlessAnswer_IsRefused()
    {
        await using var pair = new TokenPair { TokenAnswer = _ => new() { Body = new byte[10_000], IsChunked = true, Ending = FaultEnding.Endless } };
        using var client = pair.Client(null);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(pair.Registry).Manifests.GetAsync("v1"));

        Assert.Contains("larger than 262144 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_ServiceFailsTwice_IsAskedAgain()
    {
        int asked = 0;
        await using var pair = new TokenPair
        {
            TokenAnswer = _ => Interlocked.Increment(ref asked) <= 2 ? new(503) : FaultResponse.Json("""{"token":"t1"}"""),
        };
        using var client = pair.Client(Ann);

        await client.Repository(pair.Registry).Manifests.GetAsync("v1");

        Assert.Equal(3, asked);
        Assert.Equal(2, pair.Clock.Waits.Count);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/token", "neither https nor http")]
    [InlineData("http://example.com/token", "not https")]
    [InlineData("https://ann:pw@127.0.0.1/token", "user name in it")]
    [InlineData("not a url", "which is no URL")]
    [InlineData("", "which is no URL")]
    public async Task Realm_Unfit_IsRefusedBeforeAnythingIsSentThere(string realm, string words)
    {
        await using var server = Registries.Serve(_ => new FaultResponse(401).With("WWW-Authenticate", $"Bearer realm=\"{realm}\",service=\"s\""));
        using var client = new RegistryClient(Registries.Options(credentials: new StaticCredentialSource(server.Authority, Ann)));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.Unauthorized, failure.Kind);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.0.0.1/token")]
    [InlineData("https://localhost/token")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://10.1.2.3/token")]
    [InlineData("https://[::1]/token")]
    [InlineData("https://[fe80::1]/token")]
    [InlineData("https://[::ffff:10.0.0.1]/token")]
    [InlineData("https://2130706433/token")]
    [InlineData("https://0x7f.1/token")]
    [InlineData("http://auth.example.com/token")]
    public async Task Realm_PrivateOrPlainForPublicRegistry_IsRefused(string realm)
    {
        var handler = new ScriptedHandler(_ => Challenge($"Bearer realm=\"{realm}\",service=\"s\""));
        using var client = new RegistryClient(handler, Registries.Options(credentials: new StaticCredentialSource("registry.example.com", Ann)));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name("registry.example.com")).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.Unauthorized, failure.Kind);
        Assert.Contains("is refused", failure.Message, StringComparison.Ordinal);
        Assert.All(handler.Requests, url => Assert.Equal("registry.example.com", url.Host));
    }

    [Fact]
    public async Task Realm_PrivateButTrusted_IsAsked()
    {
        var handler = new ScriptedHandler(request => request.RequestUri!.Host == "10.1.2.3"
            ? Json("""{"token":"t1"}""")
            : request.Headers.Authorization is null ? Challenge("Bearer realm=\"https://10.1.2.3:8443/token\"") : Json("{}"));
        var options = Registries.Options();
        options.TrustedHosts.Add("10.0.0.0/8");
        using var client = new RegistryClient(handler, options);

        await client.PingAsync("registry.example.com");

        Assert.Contains(handler.Requests, url => url.Host == "10.1.2.3");
    }

    [Fact]
    public async Task DockerHub_NameAndHost_AreDifferent()
    {
        var source = new RecordingSource();
        var handler = new ScriptedHandler(request => request.RequestUri!.Host == "auth.docker.io"
            ? Json("""{"token":"t1"}""")
            : request.Headers.Authorization is null
                ? Challenge("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"")
                : new HttpResponseMessage(HttpStatusCode.Unauthorized)
                {
                    Headers = { { "WWW-Authenticate", "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",error=\"insufficient_scope\"" } },
                    Content = new StringContent("""{"errors":[{"code":"DENIED","message":"requested access to the resource is denied","detail":[{"Type":"repository"}]}]}"""),
                });
        using var client = new RegistryClient(handler, Registries.Options(credentials: source));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.GetRepository(Registries.Name("docker.io", "library/nope")).Manifests.GetAsync("latest"));

        Assert.Equal(["docker.io"], source.Asked);
        Assert.Equal("registry-1.docker.io", handler.Requests.First().Host);
        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.Equal(
            "Cannot get manifest latest of docker.io/library/nope: the registry answered 401 Unauthorized (DENIED: requested access to the resource is denied). "
                + "The repository does not exist, or these credentials may not do this.",
            failure.Message);
    }

    private static HttpResponseMessage Challenge(string challenge) =>
        new(HttpStatusCode.Unauthorized) { Headers = { { "WWW-Authenticate", challenge } } };

    private static HttpResponseMessage Json(string json) => new() { Content = new StringContent(json) };

    private sealed class RecordingSource : IRegistryCredentialSource
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default)
        {
            Asked.Enqueue(domain);
            return default;
        }
    }
}
