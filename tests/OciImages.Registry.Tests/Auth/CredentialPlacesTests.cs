using System.Text;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Auth;

/// <summary>The places where other tools leave credentials, beyond the plain entries of <c>CredentialSourceTests</c>.</summary>
public sealed class CredentialPlacesTests(HelperScripts scripts) : IClassFixture<HelperScripts>, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task DockerConfig_HelpersAndEntries_EachHasItsPlace()
    {
        string own = await scripts.AddAsync("""cat > /dev/null; echo '{"Username":"own","Secret":"1"}'""");
        string hub = await scripts.AddAsync("""test "$(cat)" = https://index.docker.io/v1/ && echo '{"Username":"hub","Secret":"2"}'""");
        string store = await scripts.AddAsync("""test "$(cat)" = store.example.com || { echo credentials not found; exit 1; }; echo '{"Username":"<token>","Secret":"3"}'""");
        var source = await DockerConfigAsync($$$"""
            {"credHelpers": {"own.example.com": "{{{own}}}", "docker.io": "{{{hub}}}", "gone.example.com": "no-such"},
             "credsStore": "{{{store}}}",
             "auths": {"own.example.com": {"auth": "eDp5"}, "entry.example.com": {"auth": "eDp5"}, "store.example.com": {}, "gone.example.com": {"auth": "eDp5"} } }
            """);

        Assert.Equal("own", (await source.FindAsync("own.example.com"))?.UserName);
        Assert.Equal("hub", (await source.FindAsync("docker.io"))?.UserName);
        Assert.Equal("3", (await source.FindAsync("store.example.com"))?.IdentityToken);
        Assert.Equal("x", (await source.FindAsync("entry.example.com"))?.UserName);
        Assert.Equal("x", (await source.FindAsync("gone.example.com"))?.UserName);
        Assert.Null(await source.FindAsync("other.example.com"));
    }

    [Theory]
    [InlineData("""{"credsStore":"../../bin/sh"}""", OciErrorKind.InvalidInput)]
    [InlineData("""{"credsStore":"no-such-helper"}""", OciErrorKind.NotFound)]
    [InlineData("""{"auths":{"ghcr.io":{"auth":"eDp5"},"ghcr.io":{"auth":"eDp6"}}}""", OciErrorKind.InvalidInput)]
    [InlineData("""{"auths":{"ghcr.io":{"auth":"eDp5","auth":"eDp6"}}}""", OciErrorKind.InvalidInput)]
    [InlineData("not json", OciErrorKind.InvalidInput)]
    public async Task DockerConfig_Malformed_IsRefused(string json, OciErrorKind kind)
    {
        var source = await DockerConfigAsync(json);

        Assert.Equal(kind, (await Assert.ThrowsAsync<OciException>(() => source.FindAsync("ghcr.io").AsTask())).Kind);
    }

    [Fact]
    public async Task DockerConfig_Huge_IsRefused()
    {
        var source = await DockerConfigAsync(new string(' ', 5 << 20));

        Assert.Equal(OciErrorKind.InvalidInput, (await Assert.ThrowsAsync<OciException>(() => source.FindAsync("ghcr.io").AsTask())).Kind);
    }

    [Theory]
    [InlineData("quay.io", "team/app", "app")]
    [InlineData("quay.io", "team/app/sub", "app")]
    [InlineData("quay.io", "team/other", "team")]
    [InlineData("quay.io", "teamwork/app", "all")]
    [InlineData("quay.io", null, "all")]
    [InlineData("docker.io", "library/nginx", "nginx")]
    [InlineData("docker.io", "library/redis", "hub")]
    [InlineData("ghcr.io", "team/app", "url")]
    [InlineData("example.com", "team/app", null)]
    public async Task ContainersAuth_Keys_MostSpecificCounts(string domain, string? repository, string? user)
    {
        await File.WriteAllTextAsync(_directory["auth.json"], $$"""
            {"auths": {
              "quay.io": {{Entry("all")}}, "quay.io/team": {{Entry("team")}}, "quay.io/team/app": {{Entry("app")}},
              "docker.io/library/nginx": {{Entry("nginx")}}, "docker.io": {{Entry("hub")}}, "https://ghcr.io/v2/": {{Entry("url")}} } }
            """);

        var credential = await new ContainersAuthCredentialSource(_directory["auth.json"]).FindAsync(domain, repository);

        Assert.Equal(user, credential?.UserName);
    }

    [Fact]
    public async Task ContainersAuth_Helper_IsAsked()
    {
        string helper = await scripts.AddAsync("""echo '{"Username":"ann","Secret":"1"}'""");
        await File.WriteAllTextAsync(_directory["auth.json"], $$"""{"credHelpers":{"quay.io":"{{helper}}"},"credsStore":"no-such"}""");
        var source = new ContainersAuthCredentialSource(_directory["auth.json"]);

        Assert.Equal("ann", (await source.FindAsync("quay.io", "team/app"))?.UserName);
        Assert.Null(await source.FindAsync("ghcr.io"));
    }

    [Fact]
    public async Task Environment_Variable_IsReadAtEachQuestion()
    {
        string variable = $"OCI_TEST_{Guid.NewGuid():N}";
        var source = new EnvironmentCredentialSource(variable);
        Assert.Null(await source.FindAsync("ghcr.io"));

        Environment.SetEnvironmentVariable(variable, $$"""{"auths":{"ghcr.io":{{Entry("ann")}}},"credsStore":"no-such"}""");
        Assert.Equal("ann", (await source.FindAsync("ghcr.io"))?.UserName);
        Assert.Null(await source.FindAsync("quay.io"));

        Environment.SetEnvironmentVariable(variable, "s3cret{");
        var failure = await Assert.ThrowsAsync<OciException>(() => source.FindAsync("ghcr.io").AsTask());
        Assert.Contains(variable, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", $"{failure}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chain_FirstCredentialCounts_BrokenSourceHidesNone()
    {
        var broken = await DockerConfigAsync("broken");
        var ann = new StaticCredentialSource("ghcr.io", new RegistryCredential { UserName = "ann" });
        var bob = new StaticCredentialSource([new("ghcr.io", new RegistryCredential { UserName = "bob" }), new("quay.io", new RegistryCredential { UserName = "bob" })]);

        Assert.Equal("ann", (await new CredentialChain(broken, ann, bob).FindAsync("ghcr.io"))?.UserName);
        Assert.Equal("bob", (await new CredentialChain(ann, bob).FindAsync("quay.io"))?.UserName);
        Assert.Null(await new CredentialChain(ann, bob).FindAsync("example.com"));
        await Assert.ThrowsAsync<OciException>(() => new CredentialChain(ann, broken, bob).FindAsync("example.com").AsTask());
    }

    [Fact]
    public async Task Client_SourceIsBroken_GoesOnWithoutAndTellsOnRefusal()
    {
        using var log = new CapturingLogger();
        var broken = await DockerConfigAsync("broken s3cret");
        await using var open = Registries.Serve(request => request.Authorization is null ? Challenge(request) : RequestKind.GoodManifest());
        await using var closed = FaultServer.Start(_ => new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"r\""));
        using var client = new RegistryClient(Registries.Options(new SkippingClock(), broken), log);

        await client.Repository(open).Manifests.GetAsync("v1");
        var refused = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(closed).Manifests.GetAsync("v1"));

        Assert.Contains(log.Lines, line => line.Contains("Going on without credentials", StringComparison.Ordinal));
        Assert.Equal(OciErrorKind.Unauthorized, refused.Kind);
        Assert.Contains("There is no valid JSON in the Docker configuration", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", string.Join('\n', [.. log.Lines, $"{refused}"]), StringComparison.Ordinal);

        FaultResponse Challenge(FaultRequest request) => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? FaultResponse.Json("""{"token":"t"}""")
            : new FaultResponse(401).With("WWW-Authenticate", $"Bearer realm=\"http://{request.Headers["Host"]}/token\"");
    }

    [Fact]
    public async Task Client_CredentialsByRepository_EachGetsItsOwn()
    {
        await using var server = Registries.Serve(request => request.Authorization is null
            ? new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"r\"")
            : RequestKind.GoodManifest());
        await File.WriteAllTextAsync(
            _directory["auth.json"], $$"""{"auths":{"{{server.Authority}}/a":{{Entry("ann")}},"{{server.Authority}}/b":{{Entry("bob")}} } }""");
        using var client = new RegistryClient(Registries.Options(credentials: new ContainersAuthCredentialSource(_directory["auth.json"])));

        foreach (string path in (string[])["a/app", "b/app", "a/app"])
            await client.Repository(server, path).Manifests.GetAsync("v1");

        Assert.Equal(
            [null, Basic("ann"), Basic("bob"), Basic("ann")], server.Asked().Select(request => request.Authorization));
    }

    [Theory]
    [InlineData("""{"username":"ann","password":"p","serveraddress":"x"}""", "ann", "p", null, null)]
    [InlineData("""{"auth":"YW5uOnA="}""", "ann", "p", null, null)]
    [InlineData("""{"identitytoken":"idt"}""", null, null, "idt", null)]
    [InlineData("""{"registrytoken":"rt?>~"}""", null, null, null, "rt?>~")]
    public void RegistryAuthHeader_Forms_AreRead(string json, string? user, string? password, string? identity, string? registry)
    {
        string padded = Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
        foreach (string value in (string[])[padded, padded.Replace('+', '-').Replace('/', '_'), padded.TrimEnd('='), padded.Replace('+', '-').Replace('/', '_').TrimEnd('=')])
        {
            var credential = RegistryCredential.FromRegistryAuthHeader(value);
            Assert.Equal((user, password, identity, registry), (credential?.UserName, credential?.Password, credential?.IdentityToken, credential?.RegistryToken));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("e30=")]
    [InlineData("e30")]
    public void RegistryAuthHeader_None_IsNull(string? value) => Assert.Null(RegistryCredential.FromRegistryAuthHeader(value));

    [Theory]
    [InlineData("!!!!")]
    [InlineData("W10=")]
    [InlineData("czNjcmV0")]
    [InlineData("eyJhdXRoIjoiJSUlIn0=")]
    public void RegistryAuthHeader_Malformed_IsRefused(string value)
    {
        var failure = Assert.Throws<OciException>(() => RegistryCredential.FromRegistryAuthHeader(value));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.DoesNotContain("s3cret", $"{failure}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_OfDockerConfig_GoToTheRegistryOnly()
    {
        var source = await DockerConfigAsync("""{"HttpHeaders":{"X-Meta-Key":"s3cret","User-Agent":"x","Authorization":"x","X-Gateway":"for the daemon","X-Meta-Bad":"a\r\nb"}}""");
        await using var storage = Registries.Serve(request => FaultResponse.Blob(request, Registries.Bytes(10)));
        await using var pair = new TokenPair { Answer = _ => FaultResponse.Redirect($"{storage.Url}/x") };
        var options = Registries.Options(pair.Clock);
        foreach (var (name, value) in await source.ReadHeadersAsync())
            options.Headers.Add(name, value);
        using var client = new RegistryClient(options);

        await (await client.Repository(pair.Registry).Blobs.OpenReadAsync(Registries.Blob(Registries.Bytes(10)))).ReadAllAsync();

        Assert.Equal(["X-Meta-Key"], options.Headers.Keys);
        Assert.All(pair.Registry.Asked(), request => Assert.Equal("s3cret", request.Headers["X-Meta-Key"]));
        Assert.All([.. storage.Requests, .. pair.Tokens.Requests], request => Assert.False(request.Headers.ContainsKey("X-Meta-Key")));
    }

    private static string Entry(string user) => $$"""{"auth":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:pw"))}}"}""";

    private static string Basic(string user) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:pw"))}";

    private async Task<DockerConfigCredentialSource> DockerConfigAsync(string json)
    {
        await File.WriteAllTextAsync(_directory["config.json"], json);
        return new DockerConfigCredentialSource(_directory["config.json"]);
    }
}
