using System.Text.Json.Nodes;
using OciImages.Registry.Tests.Auth;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests;

/// <summary>Logging in and out: at real registries, into real files and helpers.</summary>
public sealed class RegistryLoginTests(HelperScripts scripts) : IClassFixture<HelperScripts>, IDisposable
{
    private static readonly RegistryCredential Ann = new() { UserName = "ann", Password = "s3cret-pw" };

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Login_BasicRegistry_StoresWhatWorks()
    {
        Peers.Require("htpasswd");
        await using var registry = await DockerRegistry.StartAsync(new() { Basic = ("ann", "s3cret-pw") });
        var login = Login(out var config);

        var result = await login.LoginAsync(registry.Authority, Ann);
        var refused = await Assert.ThrowsAsync<RegistryException>(
            () => login.LoginAsync(registry.Authority, new RegistryCredential { UserName = "ann", Password = "wr0ng" }));

        Assert.True(result.IsPlainText);
        Assert.Equal(OciErrorKind.Unauthorized, refused.Kind);
        Assert.DoesNotContain("wr0ng", $"{refused}", StringComparison.Ordinal);
        Assert.Equal("s3cret-pw", (await config.FindAsync(registry.Authority))?.Password);
        Assert.Equal($"{{\n\t\"auths\": {{\n\t\t\"{registry.Authority}\": {{\n\t\t\t\"auth\": \"YW5uOnMzY3JldC1wdw==\"\n\t\t}}\n\t}}\n}}", await File.ReadAllTextAsync(config.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(config.Path));
        using var client = new RegistryClient(Registries.Options(credentials: config));
        await client.PingAsync(registry.Authority);

        Assert.True(await login.LogoutAsync(registry.Authority));
        Assert.False(await login.LogoutAsync(registry.Authority));
        Assert.Null(await config.FindAsync(registry.Authority));
    }

    [Fact]
    public async Task Login_TokenRegistry_AsksItsService()
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add("ann", "s3cret-pw");
        tokens.RefreshTokens.Add("refresh-1");
        await using var registry = await DockerRegistry.StartAsync(new() { TokenServer = tokens });
        var login = Login(out var config);

        await login.LoginAsync($"https://{registry.Authority}/v1/", Ann);
        Assert.Equal("s3cret-pw", (await config.FindAsync(registry.Authority))?.Password);
        Assert.Equal("true", tokens.Requests.Single().Query["offline_token"].Single());
        await Assert.ThrowsAsync<RegistryException>(() => login.LoginAsync(registry.Authority, new RegistryCredential { UserName = "ann", Password = "x" }));
        await Assert.ThrowsAsync<RegistryException>(() => login.LoginAsync(registry.Authority, new RegistryCredential { IdentityToken = "x" }));
    }

    [Fact]
    public async Task Login_ServiceGivesRefreshToken_StoresItAndNoPassword()
    {
        await using var pair = new TokenPair { TokenAnswer = _ => FaultResponse.Json("""{"token":"t1","refresh_token":"refresh-9"}""") };
        var login = Login(out var config);

        await login.LoginAsync(pair.Registry.Authority, Ann);

        var stored = await config.FindAsync(pair.Registry.Authority);
        Assert.Equal(("ann", "", "refresh-9"), (stored?.UserName, stored?.Password, stored?.IdentityToken));
        Assert.DoesNotContain(Convert.ToBase64String("s3cret-pw"u8), await File.ReadAllTextAsync(config.Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_FileWithOtherThings_KeepsThem()
    {
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"));
        string before = $$"""
            { // by hand
              "psFormat": "a<b>&é+", "HttpHeaders": {"X": "y"}, "aliases": {"n": [1, 2.50, null, true]},
              "auths": { "https://{{server.Authority}}/v2/": {"auth": "eDp5"}, "ghcr.io": {"auth": "eDp5", "email": "e"} },
            }
            """;
        await File.WriteAllTextAsync(_directory["real.json"], before);
        File.CreateSymbolicLink(_directory["config.json"], _directory["real.json"]);
        var login = Login(out _);

        await login.LoginAsync(server.Authority, Ann);

        Assert.NotNull(new FileInfo(_directory["config.json"]).LinkTarget);
        string text = await File.ReadAllTextAsync(_directory["real.json"]);
        Assert.Contains("a<b>&é+", text, StringComparison.Ordinal);
        Assert.Contains("2.50", text, StringComparison.Ordinal);
        var root = JsonNode.Parse(text)!;
        Assert.Equal(["psFormat", "HttpHeaders", "aliases", "auths"], root.AsObject().Select(member => member.Key));
        Assert.Equal(["ghcr.io", server.Authority], root["auths"]!.AsObject().Select(member => member.Key));
        Assert.Equal("e", (string?)root["auths"]!["ghcr.io"]!["email"]);
    }

    [Fact]
    public async Task Login_HelperConfigured_FileHoldsNoSecret()
    {
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"));
        string store = await scripts.AddAsync(HelperScripts.Keeper);
        await File.WriteAllTextAsync(_directory["config.json"], $$"""{"credsStore":"{{store}}"}""");
        var login = Login(out var config);

        var result = await login.LoginAsync(server.Authority, Ann);

        Assert.Equal((store, false), (result.HelperName, result.IsPlainText));
        Assert.Equal("s3cret-pw", (await new CredentialHelper(store).FindAsync(server.Authority))?.Password);
        Assert.Equal("{}", JsonNode.Parse(await File.ReadAllTextAsync(config.Path))!["auths"]![server.Authority]!.ToJsonString());
        Assert.True(await login.LogoutAsync(server.Authority));
        Assert.Null(await config.FindAsync(server.Authority));
        Assert.False(await login.LogoutAsync(server.Authority));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{"psFormat":"x"}""")]
    public async Task Login_NothingConfiguredAndAHelperInstalled_TakesItAsDockerDoes(string? configuration)
    {
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"));
        await AddPassAsync(HelperScripts.Keeper);
        if (configuration is not null)
            await File.WriteAllTextAsync(_directory["config.json"], configuration);

        var result = await Login(out var config, detects: true).LoginAsync(server.Authority, Ann);

        Assert.Equal(("pass", false, null), (result.HelperName, result.IsPlainText, result.HelperProblem));
        var root = JsonNode.Parse(await File.ReadAllTextAsync(config.Path))!;
        Assert.Equal(("pass", "{}"), ((string?)root["credsStore"], root["auths"]![server.Authority]!.ToJsonString()));
        Assert.Equal("s3cret-pw", (await config.FindAsync(server.Authority))?.Password);
        Assert.True(await Login(out _).LogoutAsync(server.Authority));
        Assert.Null(await config.FindAsync(server.Authority));
    }

    [Fact]
    public async Task Login_DetectedHelperFails_StoresInTheFileAndSaysWhy()
    {
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"));
        await AddPassAsync("cat >/dev/null; echo pass not initialized: s3cret-pw; exit 1");

        var result = await Login(out var config, detects: true).LoginAsync(server.Authority, Ann);

        Assert.Equal((null, true), (result.HelperName, result.IsPlainText));
        Assert.Contains("docker-credential-pass exited with status 1: pass not initialized: [secret]", result.HelperProblem, StringComparison.Ordinal);
        Assert.Equal("s3cret-pw", (await config.FindAsync(server.Authority))?.Password);
        Assert.DoesNotContain("credsStore", await File.ReadAllTextAsync(config.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "{}")]
    [InlineData(true, """{"auths":{"ghcr.io":{"auth":"eDp5"}}}""")]
    [InlineData(true, """{"credHelpers":{"ghcr.io":"x"}}""")]
    public async Task Login_NotToDetectOrSomethingConfigured_StoresInTheFile(bool detects, string configuration)
    {
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"));
        await AddPassAsync("exit 1");
        await File.WriteAllTextAsync(_directory["config.json"], configuration);

        var result = await Login(out _, detects).LoginAsync(server.Authority, Ann);

        Assert.Equal((null, null), (result.HelperName, result.HelperProblem));
    }

    [Fact]
    public async Task Login_WebPageInsteadOfARegistry_StoresNothing()
    {
        await using var server = FaultServer.Start(_ => FaultResponse.Text("<!DOCTYPE html><title>Hotel</title>", "text/html"));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => Login(out _).LoginAsync(server.Authority, Ann));

        Assert.Contains("a web page came", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["config.json"]));
    }

    [Fact]
    public async Task Login_RegistryCallsItsAnswerAPage_IsTakenForWhatItIs()
    {
        // Quay.
        await using var server = FaultServer.Start(_ => FaultResponse.Text("true", "text/html; charset=utf-8"));

        Assert.True((await Login(out _).LoginAsync(server.Authority, Ann)).IsPlainText);
    }

    [Fact]
    public async Task Login_ManyAtOnce_AllAreKept()
    {
        // All of 127.0.0.0/8 is this machine: one server has many names.
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"), address: System.Net.IPAddress.Any);
        string[] names = [.. Enumerable.Range(1, 20).Select(number => $"127.0.0.{number}:{server.Port}")];

        await Task.WhenAll(names.Select(name => Login(out _).LoginAsync(name, Ann)));

        var auths = JsonNode.Parse(await File.ReadAllTextAsync(_directory["config.json"]))!["auths"]!.AsObject();
        Assert.Equal(names.Order(), auths.Select(member => member.Key).Order());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"auths\":")]
    [InlineData("{\"a\":1,\"a\":2}")]
    public async Task Login_FileIsBroken_LeavesIt(string content)
    {
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"));
        await File.WriteAllTextAsync(_directory["config.json"], content);

        var failure = await Assert.ThrowsAsync<OciException>(() => Login(out _).LoginAsync(server.Authority, Ann));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Equal(content, await File.ReadAllTextAsync(_directory["config.json"]));
    }

    [Fact]
    public async Task Login_NothingToLogInWith_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Login(out _).LoginAsync("ghcr.io", new RegistryCredential { UserName = "ann" }));

    private async Task AddPassAsync(string helper)
    {
        await scripts.AddProgramAsync("pass", "exit 0");
        await scripts.AddProgramAsync("docker-credential-pass", helper);
    }

    private RegistryLogin Login(out DockerConfigCredentialSource config, bool detects = false)
    {
        config = new DockerConfigCredentialSource(_directory["config.json"]);
        return new RegistryLogin(config, Registries.Options()) { DetectsCredentialsStore = detects };
    }
}
