using System.Text;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>
/// Pushes to docker-registry in every way in which it can be set up, and pulls from there: into another data root, which pushes it once more.
/// What skopeo reads is always the same bytes.
/// </summary>
public sealed class RoundTripTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private const string User = "user", Password = "pass-word";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Plain()
    {
        await using var registry = await DockerRegistry.StartAsync();
        await RoundTripAsync(registry.Authority, registry.Authority, ["--tls-verify=false"]);
    }

    [Fact]
    public async Task Htpasswd()
    {
        Peers.Require("htpasswd");
        await using var registry = await DockerRegistry.StartAsync(new() { Basic = (User, Password) });
        await LoginAsync(registry.Authority);
        await RoundTripAsync(registry.Authority, registry.Authority, ["--tls-verify=false", "--creds", $"{User}:{Password}"]);
    }

    [Fact]
    public async Task Tokens()
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add(User, Password);
        await using var registry = await DockerRegistry.StartAsync(new() { TokenServer = tokens });
        await LoginAsync(registry.Authority);
        await RoundTripAsync(registry.Authority, registry.Authority, ["--tls-verify=false", "--creds", $"{User}:{Password}"]);
    }

    [Fact]
    public async Task TlsWithOwnAuthority()
    {
        using var certificate = TestCertificate.Create();
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate });
        string[] skopeo = ["--cert-dir", await TrustAsync(registry.Authority, certificate.ExportCertificatePem())];
        await RoundTripAsync(registry.Authority, registry.Authority, skopeo);
    }

    [Fact]
    public async Task TlsWithOwnAuthorityAndTokens()
    {
        using var certificate = TestCertificate.Create();
        await using var tokens = TokenServer.Start();
        tokens.Users.Add(User, Password);
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate, TokenServer = tokens });
        await TrustAsync(registry.Authority, certificate.ExportCertificatePem());

        // The token service speaks plain HTTP: no secret goes there from a registry that has TLS.
        var refused = await OciAsync(_directory["root"], $"printf %s {Password} |", "login", "-u", User, "--password-stdin", registry.Authority);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("it is not https", refused.Error, StringComparison.Ordinal);
        Assert.Empty(tokens.Requests);
    }

    [Fact]
    public async Task TlsWithClientCertificateBehindNginx()
    {
        Peers.Require("nginx");
        using var certificate = TestCertificate.Create();
        using var user = TestCertificate.Create("CN=user");
        await using var registry = await DockerRegistry.StartAsync();
        // The registry learns nothing of the TLS, and names its uploads' places with plain HTTP.
        await using var nginx = await NginxProxy.StartAsync(registry.Port, new() { Certificate = certificate, ClientAuthority = user });
        string certificates = await TrustAsync(nginx.Authority, certificate.ExportCertificatePem());
        await RoundTripFailsAsync(nginx.Authority);
        TestCertificate.WritePem(user, Path.Combine(certificates, "client.cert"), Path.Combine(certificates, "client.key"));

        await RoundTripAsync(nginx.Authority, nginx.Authority, ["--cert-dir", certificates]);

        Assert.Contains(nginx.AccessLog, entry => entry.Method == "PUT" && entry.Target.Contains("/uploads/", StringComparison.Ordinal) && entry.Status == 201);
    }

    [Fact]
    public async Task PullThroughMirror()
    {
        await using var registry = await DockerRegistry.StartAsync();
        await using var mirror = await DockerRegistry.StartAsync(new() { MirrorOf = registry.Url });
        await RoundTripAsync(registry.Authority, mirror.Authority, ["--tls-verify=false"]);
    }

    private async Task RoundTripAsync(string pushTo, string pullFrom, string[] skopeo)
    {
        string expected = await Command.RunAsync("skopeo", "inspect", "--tls-verify=false", "--raw", $"docker://{fixture.Image}");
        var first = new OciProgram(_directory["first"]);
        await first.RunAsync("pull", "-q", fixture.Image);
        await first.TagAsync(fixture.Image, $"{pushTo}/trip/nasty:v1");
        await SucceedAsync(first, "push", $"{pushTo}/trip/nasty:v1");
        Assert.Equal(expected, await RawAsync($"{pushTo}/trip/nasty:v1"));

        var second = new OciProgram(_directory["second"]);
        string pulled = await SucceedAsync(second, "pull", $"{pullFrom}/trip/nasty:v1");
        Assert.StartsWith($"Digest: {Digest.Compute(Encoding.Latin1.GetBytes(expected))}\n", pulled, StringComparison.Ordinal);
        await second.TagAsync($"{pullFrom}/trip/nasty:v1", $"{pushTo}/trip/again:v2");
        await SucceedAsync(second, "push", $"{pushTo}/trip/again:v2");
        Assert.Equal(expected, await RawAsync($"{pushTo}/trip/again:v2"));
        Assert.Equal(expected, await RawAsync($"{pullFrom}/trip/again:v2"));

        Task<string> RawAsync(string image) => Command.RunAsync("skopeo", ["inspect", .. skopeo, "--raw", $"docker://{image}"]);
    }

    private async Task RoundTripFailsAsync(string registry)
    {
        var failed = await OciAsync(_directory["none"], "", "pull", $"{registry}/trip/nasty:v1");
        Assert.Equal(1, failed.ExitCode);
        Assert.StartsWith("oci: ", failed.Error.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    private async Task LoginAsync(string registry)
    {
        var login = await OciAsync(_directory["root"], $"printf %s {Password} |", "login", "-u", User, "--password-stdin", registry);
        Assert.Equal("Login Succeeded\n", login.Output);
    }

    /// <summary>Trusts an authority for one host.</summary>
    /// <returns>The host's directory.</returns>
    private async Task<string> TrustAsync(string host, string certificatePem)
    {
        string directory = _directory[$"docker/certs.d/{host}"];
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), certificatePem);
        return directory;
    }

    private async Task<string> SucceedAsync(OciProgram oci, params string[] arguments)
    {
        var result = await OciAsync(oci.Root, "", arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.DoesNotContain(Password, result.Error + result.Output, StringComparison.Ordinal);
        return result.Output;
    }

    // In a mount namespace of its own, where /etc/docker is the test's.
    private Task<CommandResult> OciAsync(string root, string before, params string[] arguments)
    {
        Directory.CreateDirectory(_directory["docker"]);
        string script = $"mount --bind '{_directory["docker"]}' /etc/docker && export DOCKER_CONFIG='{_directory["config"]}' HOME='{_directory["home"]}'; {before} \"$0\" \"$@\"";
        return Command.TryRunAsync("unshare", ["-m", "sh", "-c", script, OciProgram.Path, .. new OciProgram(root).Arguments(arguments)]);
    }
}
