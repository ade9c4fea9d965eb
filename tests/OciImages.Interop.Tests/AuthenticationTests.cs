using System.Text;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>Registries that want credentials, which come from Docker's own config file.</summary>
public sealed class AuthenticationTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private const string User = "user", Password = "pass-word";
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Pull_BasicRegistry_NeedsAndUsesTheConfig()
    {
        Peers.Require("htpasswd");
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Basic = (User, Password) });
        await AssertNeedsCredentialsAsync(registry);
    }

    [Fact]
    public async Task Pull_TokenRegistry_NeedsAndUsesTheConfig()
    {
        await using var tokens = TokenServer.Start();
        tokens.Users[User] = Password;
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { TokenServer = tokens });
        await AssertNeedsCredentialsAsync(registry);
    }

    private async Task AssertNeedsCredentialsAsync(DockerRegistry registry)
    {
        string image = $"{registry.Authority}/test/nasty:v1";
        await Command.RunAsync(
            "skopeo", "copy", "-q", "--dest-tls-verify=false", "--dest-creds", $"{User}:{Password}", $"oci:{fixture.LayoutPath}:{InteropFixture.Tag}", $"docker://{image}");
        string[] pull = new OciProgram(_directory["root"]).Arguments("pull", "-q", image);

        var anonymous = await Command.TryRunAsync("env", [$"DOCKER_CONFIG={_directory["none"]}", OciProgram.Path, .. pull]);
        Assert.Equal(1, anonymous.ExitCode);
        Assert.StartsWith("oci: ", anonymous.Error, StringComparison.Ordinal);

        string auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        Directory.CreateDirectory(_directory["config"]);
        await File.WriteAllTextAsync(_directory["config/config.json"], $$$"""{"auths":{"{{{registry.Authority}}}":{"auth":"{{{auth}}}" } } }""");
        Assert.Equal($"{image}\n", await Command.RunAsync("env", [$"DOCKER_CONFIG={_directory["config"]}", OciProgram.Path, .. pull]));
    }
}
