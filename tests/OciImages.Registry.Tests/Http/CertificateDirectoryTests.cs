using OciImages.TestSupport;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Http;

/// <summary>TLS by host: Docker's <c>certs.d</c>, and hosts that are named as insecure.</summary>
public sealed class CertificateDirectoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task OwnAuthority_InItsHostsDirectory_IsTrustedThereOnly()
    {
        using var certificate = TestCertificate.Create();
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate });
        await using var other = FaultServer.Start(_ => FaultResponse.Json("{}"), certificate);
        await registry.PutImageAsync(Registries.Path, "v1", Registries.Bytes(5));
        await File.WriteAllTextAsync(HostFile(registry.Authority, "ca.crt"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(HostFile(registry.Authority, "readme.txt"), "not a certificate");
        using var client = Client();

        Assert.NotNull(await client.GetRepository(Registries.Name(registry.Authority)).Manifests.ResolveAsync("v1"));
        var refused = await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync(other.Authority));

        Assert.Contains("certificate", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Fact]
    public async Task OwnAuthority_OfAnother_IsNotTrusted()
    {
        using var certificate = TestCertificate.Create();
        using var unrelated = TestCertificate.Create();
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"), certificate);
        await File.WriteAllTextAsync(HostFile(server.Authority, "ca.crt"), unrelated.ExportCertificatePem());
        using var client = Client();

        Assert.Contains("no secure connection", (await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync(server.Authority))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OwnAuthority_NameDiffers_IsRefused()
    {
        using var certificate = TestCertificate.Create();
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"), certificate, System.Net.IPAddress.Any);
        string domain = $"127.0.0.2:{server.Port}";
        await File.WriteAllTextAsync(HostFile(domain, "ca.crt"), certificate.ExportCertificatePem());
        using var client = Client();

        await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync(domain));
    }

    [Fact]
    public async Task ClientCertificate_InItsHostsDirectory_IsShown()
    {
        using var certificate = TestCertificate.Create();
        using var user = TestCertificate.Create();
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate, ClientAuthority = user });
        await File.WriteAllTextAsync(HostFile(registry.Authority, "ca.crt"), certificate.ExportCertificatePem());
        using (var without = Client())
            await Assert.ThrowsAsync<RegistryException>(() => without.PingAsync(registry.Authority));
        TestCertificate.WritePem(user, HostFile(registry.Authority, "client.cert"), HostFile(registry.Authority, "client.key"));
        using var client = Client();

        await client.PingAsync(registry.Authority);
    }

    [Fact]
    public async Task ClientCertificates_Several_TheOneThatTheHostTakesIsShown()
    {
        using var certificate = TestCertificate.Create();
        using var authority = TestCertificate.Create("CN=clients");
        using var other = TestCertificate.Create("CN=others");
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate, ClientAuthority = authority });
        await File.WriteAllTextAsync(HostFile(registry.Authority, "ca.crt"), certificate.ExportCertificatePem());
        TestCertificate.WritePem(other, HostFile(registry.Authority, "a.cert"), HostFile(registry.Authority, "a.key"));
        TestCertificate.WritePem(authority, HostFile(registry.Authority, "b.cert"), HostFile(registry.Authority, "b.key"));
        using var client = Client();

        await client.PingAsync(registry.Authority);
    }

    [Theory]
    [InlineData("client.cert", "has no key")]
    [InlineData("client.key", "has no certificate")]
    [InlineData("ca.crt", "malformed")]
    public async Task Directory_IsIncomplete_SaysSoUntilRepaired(string file, string expected)
    {
        using var certificate = TestCertificate.Create();
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"), certificate);
        await File.WriteAllTextAsync(HostFile(server.Authority, file), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        using var client = Client();

        var failure = await Assert.ThrowsAsync<OciException>(() => client.PingAsync(server.Authority));
        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);

        File.Delete(HostFile(server.Authority, file));
        await File.WriteAllTextAsync(HostFile(server.Authority, "good.crt"), certificate.ExportCertificatePem());
        await client.PingAsync(server.Authority);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("127.0.0.1:1", false)]
    [InlineData("localhost", false)]
    public async Task InsecureRegistry_CertificateIsNotVerified_ButOnlyThere(string named, bool isAllowed)
    {
        using var certificate = TestCertificate.Create();
        using var log = new CapturingLogger();
        await using var server = FaultServer.Start(_ => FaultResponse.Json("{}"), certificate);
        var options = Registries.Options();
        options.InsecureRegistries.Add(named);
        using var client = new RegistryClient(options, log);

        if (isAllowed)
            await client.PingAsync(server.Authority);
        else
            await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync(server.Authority));

        Assert.Equal(isAllowed, log.Lines.Any(line => line.Contains("is not verified", StringComparison.Ordinal)));
    }

    private RegistryClient Client()
    {
        var options = Registries.Options();
        options.MaxAttempts = 2;
        options.RetryBaseDelay = options.RetryMaxDelay = TimeSpan.FromMilliseconds(1);
        options.CertificateDirectories.Add(_directory["missing"]);
        options.CertificateDirectories.Add(_directory.Path);
        return new RegistryClient(options);
    }

    private string HostFile(string host, string name)
    {
        Directory.CreateDirectory(_directory[host]);
        return Path.Combine(_directory[host], name);
    }
}
