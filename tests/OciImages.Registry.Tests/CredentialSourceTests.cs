using OciImages.TestSupport;

namespace OciImages.Registry.Tests;

public class CredentialSourceTests
{
    private const string Json = """
        {
          "auths": {
            "https://index.docker.io/v1/": { "auth": "YW5uOnM6M2NyZXQ=" },
            "ghcr.io": { "auth": "Ym9iOnB3AAA=", "identitytoken": "idt" },
            "https://old.example.com/v2/": { "username": "carl", "password": "pw" },
            "127.0.0.1:5000": { "registrytoken": "rt" },
            "helper.example.com": {},
            "quay.io/team/app": { "auth": "eDp5" },
            "broken.example.com": { "auth": "%%%" },
            "nocolon.example.com": { "auth": "YWJj" }
          }
        }
        """;

    [Theory]
    [InlineData("docker.io", "ann", "s:3cret", null, null)]
    [InlineData("registry-1.docker.io", "ann", "s:3cret", null, null)]
    [InlineData("ghcr.io", "bob", "pw", "idt", null)]
    [InlineData("GHCR.IO", "bob", "pw", "idt", null)]
    [InlineData("old.example.com", "carl", "pw", null, null)]
    [InlineData("127.0.0.1:5000", null, null, null, "rt")]
    public async Task Find_DockerConfig_GivesCredential(string domain, string? user, string? password, string? identityToken, string? registryToken)
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["config.json"], Json);

        var credential = await new DockerConfigCredentialSource(directory["config.json"]).FindAsync(domain);

        Assert.NotNull(credential);
        Assert.Equal((user, password, identityToken, registryToken), (credential.UserName, credential.Password, credential.IdentityToken, credential.RegistryToken));
    }

    [Theory]
    [InlineData("helper.example.com")]
    [InlineData("quay.io")]
    [InlineData("127.0.0.1")]
    [InlineData("example.com")]
    public async Task Find_DockerConfigHasNone_IsNull(string domain)
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["config.json"], Json);

        Assert.Null(await new DockerConfigCredentialSource(directory["config.json"]).FindAsync(domain));
    }

    [Theory]
    [InlineData("broken.example.com", Json)]
    [InlineData("nocolon.example.com", Json)]
    [InlineData("ghcr.io", """{"auths": {"ghcr.io": {"auth": "c2VjcmV0" """)]
    public async Task Find_DockerConfigIsBroken_TellsWhereButNotWhat(string domain, string json)
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["config.json"], json);

        var failure = await Assert.ThrowsAsync<OciException>(async () => await new DockerConfigCredentialSource(directory["config.json"]).FindAsync(domain));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains("config.json", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", $"{failure}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"auths":null}""")]
    [InlineData("""{"auths":{"ghcr.io":"x"}}""")]
    public async Task Find_DockerConfigWithoutAuths_IsNull(string json)
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["config.json"], json);

        Assert.Null(await new DockerConfigCredentialSource(directory["config.json"]).FindAsync("ghcr.io"));
    }

    [Fact]
    public async Task Find_NoFile_IsNull()
    {
        using var directory = new TempDirectory();

        Assert.Null(await new DockerConfigCredentialSource(directory["missing/config.json"]).FindAsync("ghcr.io"));
    }

    [Fact]
    public async Task Find_Static_ByNormalisedDomain()
    {
        var credential = new RegistryCredential { UserName = "a" };
        var source = new StaticCredentialSource([new("index.docker.io", credential), new("Example.com:5000", credential)]);

        Assert.Same(credential, await source.FindAsync("docker.io"));
        Assert.Same(credential, await source.FindAsync("example.com:5000"));
        Assert.Null(await source.FindAsync("example.com"));
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new RegistryClient(new RegistryClientOptions { MaxAttempts = 0 }));
        Assert.ThrowsAny<ArgumentException>(() => new RegistryClient(new RegistryClientOptions { IdleTimeout = TimeSpan.Zero }));
        Assert.ThrowsAny<ArgumentException>(() => new RegistryClient(new RegistryClientOptions { MaxManifestSize = int.MaxValue }));
        Assert.ThrowsAny<ArgumentException>(() => new RegistryClient(new RegistryClientOptions { UserAgent = "a\r\nb" }));
        Assert.ThrowsAny<ArgumentException>(() => new RegistryClient(new RegistryClientOptions { InsecureRegistries = { "http://x" } }));
    }
}
