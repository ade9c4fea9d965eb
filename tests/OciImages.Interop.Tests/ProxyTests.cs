using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>Registries with TLS behind a proxy that makes tunnels, as the environment names it.</summary>
public sealed class ProxyTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private const string Host = "registry.invalid";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PushAndPull_ThroughATunnel(bool wantsCredentials)
    {
        using var certificate = TestCertificate.Create("CN=localhost", Host);
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate });
        await using var proxy = ConnectProxy.Start(
            target => target == $"{Host}:443" ? registry.Port : null, wantsCredentials ? ("proxy-user", "proxy-pw") : null);
        string image = $"{Host}/far/nasty:v1";
        var oci = new OciProgram(_directory["root"], "blob");
        await oci.RunAsync("pull", "-q", fixture.Image);
        await oci.TagAsync(fixture.Image, image);

        if (wantsCredentials)
        {
            var refused = await OciAsync(certificate, $"http://proxy-user:wr0ng@{proxy.Authority}", oci, "push", image);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("the proxy does not let through", refused.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("wr0ng", refused.Error, StringComparison.Ordinal);
        }
        string url = wantsCredentials ? $"http://proxy-user:proxy-pw@{proxy.Authority}" : $"http://{proxy.Authority}";
        var pushed = await OciAsync(certificate, url, oci, "push", image);
        var pulled = await OciAsync(certificate, url, new OciProgram(_directory["other"], "blob"), "pull", "-q", image);

        Assert.True(pushed.ExitCode == 0, pushed.Error);
        Assert.True(pulled.ExitCode == 0, pulled.Error);
        Assert.Equal($"{image}\n", pulled.Output);
        Assert.All(proxy.Tunnels, tunnel => Assert.Equal($"{Host}:443", tunnel.Target));
        // No secret of the registry's, and no path, ever reached the proxy: only tunnels did.
        Assert.Contains(registry.AccessLog, entry => entry.Target == "/v2/far/nasty/manifests/v1" && entry.Status == 201);
    }

    [Fact]
    public async Task Pull_ProxyRefuses_SaysThatItWasTheProxy()
    {
        using var certificate = TestCertificate.Create();
        await using var proxy = ConnectProxy.Start(_ => null);

        var refused = await OciAsync(certificate, $"http://{proxy.Authority}", new OciProgram(_directory["root"], "blob"), "pull", $"{Host}/app");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the proxy does not let through", refused.Error, StringComparison.Ordinal);
        Assert.Single(proxy.Tunnels);
    }

    private async Task<CommandResult> OciAsync(
        System.Security.Cryptography.X509Certificates.X509Certificate2 trusted, string proxy, OciProgram oci, params string[] arguments)
    {
        await File.WriteAllTextAsync(_directory["ca.pem"], trusted.ExportCertificatePem());
        return await Command.TryRunAsync(
            "env", [$"https_proxy={proxy}", $"SSL_CERT_FILE={_directory["ca.pem"]}", $"DOCKER_CONFIG={_directory["config"]}", OciProgram.Path, .. oci.Arguments(arguments)]);
    }
}
