using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OciImages.Registry.Http;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Http;

/// <summary>
/// Names that resolve to private addresses. All of 127.0.0.0/8 is this machine: here 127.0.0.2 passes for a public address, and the
/// names below <c>.test</c> are looked up in the test.
/// </summary>
public sealed class AddressTests : IDisposable
{
    private const string Public = "127.0.0.2", Private = "127.0.0.3";
    private static readonly byte[] Content = Registries.Bytes(1000);
    private static readonly X509Certificate2 Certificate = CreateCertificate();

    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, Queue<string>> _names = new()
    {
        ["hub.test"] = new([Public]),
        ["corp.test"] = new([Private]),
        ["storage.test"] = new([Private]),
        ["cdn.test"] = new([Public]),
        ["mixed.test"] = new([$"{Private},{Public}"]),
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("hub.test", "cdn.test", true)]
    [InlineData("hub.test", "mixed.test", true)]
    [InlineData("hub.test", "storage.test", false)]
    [InlineData("corp.test", "storage.test", true)]
    [InlineData("corp.test", "cdn.test", true)]
    public async Task Redirect_ByName_MayLeadToPrivateAddressesOnlyFromOne(string registry, string storage, bool isAllowed)
    {
        await using var store = Serve(request => FaultResponse.Blob(request, Content));
        await using var server = Serve(_ => FaultResponse.Redirect($"https://{storage}:{store.Port}/x"));
        using var client = Client([server, store]);

        await AssertReadAsync(client, $"{registry}:{server.Port}", store, isAllowed);
    }

    [Theory]
    [InlineData("hub.test", false)]
    [InlineData("corp.test", true)]
    public async Task Realm_ByName_MayLeadToPrivateAddressesOnlyFromOne(string registry, bool isAllowed)
    {
        await using var tokens = Serve(_ => FaultResponse.Json("""{"token":"t"}"""));
        await using var server = Serve(request => request.Authorization is null
            ? new FaultResponse(401).With("WWW-Authenticate", $"Bearer realm=\"https://storage.test:{tokens.Port}/token\"")
            : FaultResponse.Blob(request, Content));
        using var client = Client([server, tokens]);

        await AssertReadAsync(client, $"{registry}:{server.Port}", tokens, isAllowed);
    }

    [Theory]
    [InlineData("storage.test")]
    [InlineData("127.0.0.3/32")]
    public async Task Redirect_TrustedHost_IsFollowed(string trusted)
    {
        await using var store = Serve(request => FaultResponse.Blob(request, Content));
        await using var server = Serve(_ => FaultResponse.Redirect($"https://storage.test:{store.Port}/x"));
        using var client = Client([server, store], options => options.TrustedHosts.Add(trusted));

        await AssertReadAsync(client, $"hub.test:{server.Port}", store, isAllowed: true);
    }

    [Fact]
    public async Task Redirect_ConnectionOfAnotherRegistryIsOpen_IsRefusedStill()
    {
        await using var store = Serve(request => FaultResponse.Blob(request, Content));
        await using var server = Serve(_ => FaultResponse.Redirect($"https://storage.test:{store.Port}/x"));
        using var client = Client([server, store]);

        await AssertReadAsync(client, $"corp.test:{server.Port}", store, isAllowed: true);
        int before = store.Requests.Count;
        var failure = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(client, $"hub.test:{server.Port}"));

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.Equal(before, store.Requests.Count);
    }

    [Fact]
    public async Task Redirect_RegistrysNameIsRebound_GainsNothing()
    {
        _names["evil.test"] = new([Public, Private, Private]);
        await using var store = Serve(request => FaultResponse.Blob(request, Content));
        // Told that this connection ends, the client opens another for the second read, and looks the name up again.
        await using var server = Serve(_ => FaultResponse.Redirect($"https://storage.test:{store.Port}/x").With("Connection", "close") with { Ending = FaultEnding.Close });
        using var client = Client([server, store]);

        await AssertReadAsync(client, $"evil.test:{server.Port}", store, isAllowed: false);
        await AssertReadAsync(client, $"evil.test:{server.Port}", store, isAllowed: false);
        Assert.Equal(2, server.Requests.Count);
        Assert.Single(_names["evil.test"]);
    }

    [Fact]
    public async Task ForeignLayer_ByName_NeverLeadsToPrivateAddresses()
    {
        await using var store = Serve(request => FaultResponse.Blob(request, Content));
        await using var server = Serve(_ => new FaultResponse(404));
        using var client = Client([server, store]);
        var blob = new Descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest.Compute(Content), Content.Length)
        {
            Urls = [$"https://storage.test:{store.Port}/x"],
        };

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name($"corp.test:{server.Port}")).Blobs.OpenReadAsync(blob));

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.Empty(store.Requests);
    }

    [Fact]
    public async Task Mirror_OnPrivateAddress_IsTheUsersChoice()
    {
        await using var mirror = Serve(request => FaultResponse.Blob(request, Content));
        using var client = Client([mirror], options => options.Mirrors.Add(new RegistryMirror("docker.io", $"https://corp.test:{mirror.Port}")));

        Assert.Equal(Content, await ReadAsync(client, "docker.io"));
    }

    [Theory]
    [InlineData("64:ff9b::8.8.8.8", false)]
    [InlineData("64:ff9b::10.0.0.1", true)]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("169.254.169.254", true)]
    [InlineData("168.63.129.16", true)]
    [InlineData("100.100.100.200", true)]
    [InlineData("::10.0.0.1", true)]
    [InlineData("::ffff:0:169.254.169.254", true)]
    [InlineData("64:ff9b::169.254.169.254", true)]
    [InlineData("2002:a00:1::1", true)]
    [InlineData("2001:0:53aa:64c::1", true)]
    [InlineData("fe80::1%1", true)]
    [InlineData("fec0::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("168.63.129.17", false)]
    [InlineData("2001:4860:4860::8888", false)]
    [InlineData("fd00::1", true)]
    [InlineData("2606:4700::1", false)]
    public void Contains_Address_IsTold(string address, bool expected) => Assert.Equal(expected, PrivateAddresses.Contains(IPAddress.Parse(address)));

    private static async Task AssertReadAsync(RegistryClient client, string domain, FaultServer store, bool isAllowed)
    {
        if (isAllowed)
        {
            Assert.Equal(Content, await ReadAsync(client, domain));
            Assert.NotEmpty(store.Requests);
            return;
        }
        var failure = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(client, domain));
        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.False(failure.IsTransient);
        Assert.Contains("its address is not public", failure.Message, StringComparison.Ordinal);
        Assert.Contains("storage.test", failure.Message, StringComparison.Ordinal);
        Assert.Empty(store.Requests);
    }

    private static async Task<byte[]> ReadAsync(RegistryClient client, string domain) =>
        await (await client.GetRepository(Registries.Name(domain)).Blobs.OpenReadAsync(Registries.Blob(Content))).ReadAllAsync();

    private static X509Certificate2 CreateCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        foreach (string name in (string[])["hub.test", "corp.test", "storage.test", "cdn.test", "mixed.test", "evil.test"])
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private FaultServer Serve(Func<FaultRequest, FaultResponse> answer) => FaultServer.Start(answer, Certificate, IPAddress.Any);

    private RegistryClient Client(FaultServer[] servers, Action<RegistryClientOptions>? configure = null)
    {
        var options = Registries.Options();
        options.MaxAttempts = 1;
        options.CertificateDirectories.Add(_directory.Path);
        foreach (string host in servers.SelectMany(server => _names.Keys.Select(name => $"{name}:{server.Port}")))
        {
            Directory.CreateDirectory(_directory[host]);
            File.WriteAllText(Path.Combine(_directory[host], "ca.crt"), Certificate.ExportCertificatePem());
        }
        configure?.Invoke(options);
        return new RegistryClient(options, null, frozen => new Connector(frozen, ResolveAsync, address => !address.ToString().EndsWith(Public, StringComparison.Ordinal)));
    }

    private Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        string addresses;
        lock (_names)
            addresses = _names[host] is { Count: > 1 } queue ? queue.Dequeue() : _names[host].Peek();
        return Task.FromResult<IPAddress[]>([.. addresses.Split(',').Select(address => IPAddress.Parse(address))]);
    }
}
