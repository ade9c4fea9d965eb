using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary><c>--registry-mirror</c>: images of Docker Hub, which no test can reach, from its mirrors.</summary>
public sealed class MirrorTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Pull_FromMirror_IsTheHubsImage()
    {
        await using var mirror = await DockerRegistry.StartAsync(new DockerRegistryOptions { MirrorOf = fixture.Registry.Url });
        var oci = new OciProgram(_directory["root"]);

        Assert.Equal("docker.io/test/nasty:nasty\n", await oci.RunAsync("--registry-mirror", mirror.Url, "pull", "-q", "test/nasty:nasty"));
        Assert.Contains("test/nasty", await oci.RunAsync("images"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_MirrorsAreDeadAndPoisonous_GoodOneServes()
    {
        string dead = $"http://127.0.0.1:{ServerProcess.FreePort()}";
        using var http = new HttpClient { BaseAddress = new Uri(fixture.Registry.Url) };
        await using var poison = FaultServer.StartAsync(async request =>
        {
            if (!request.Path.Contains("/blobs/", StringComparison.Ordinal))
                return new FaultResponse(404);
            byte[] bytes = await http.GetByteArrayAsync(request.Path);
            bytes[^1] ^= 1;
            return FaultResponse.Blob(request, bytes);
        });
        var oci = new OciProgram(_directory["root"], "blob");

        string name = await oci.RunAsync(
            "--registry-mirror", dead, "--registry-mirror", poison.Url, "--registry-mirror", fixture.Registry.Url, "pull", "-q", "test/big:latest");

        Assert.Equal("docker.io/test/big:latest\n", name);
        Assert.Contains(poison.Requests, request => request.Path.Contains("/blobs/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_MirrorIsMalformed_IsOneLine()
    {
        var result = await new OciProgram(_directory["root"]).TryRunAsync("--registry-mirror", "ftp://x", "pull", "alpine");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("oci: The mirror", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_ProxyInTheEnvironment_IsUsedButNotForThisMachine()
    {
        using var http = new HttpClient();
        await using var proxy = FaultServer.StartAsync(async request =>
        {
            // A proxy gets whole URLs. This one knows one host.
            var url = new Uri(new Uri(request.Target).PathAndQuery, UriKind.Relative);
            using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(fixture.Registry.Url), url));
            message.Headers.TryAddWithoutValidation("Accept", request.Headers.GetValueOrDefault("Accept"));
            using var response = await http.SendAsync(message);
            return new FaultResponse((int)response.StatusCode)
            {
                Body = await response.Content.ReadAsByteArrayAsync(),
                Headers = [("Content-Type", response.Content.Headers.ContentType?.ToString() ?? "")],
            };
        });
        string[] environment = [$"http_proxy={proxy.Url}", OciProgram.Path];
        var oci = new OciProgram(_directory["root"]);

        string far = await Command.RunAsync(
            "env", [.. environment, .. oci.Arguments("--insecure-registry", "registry.invalid", "pull", "-q", "registry.invalid/test/nasty:nasty")]);
        Assert.Equal("registry.invalid/test/nasty:nasty\n", far);
        int count = proxy.Requests.Count;
        Assert.NotEqual(0, count);
        await Command.RunAsync("env", [.. environment, .. oci.Arguments("pull", "-q", fixture.Image)]);
        Assert.Equal(count, proxy.Requests.Count);
    }
}
