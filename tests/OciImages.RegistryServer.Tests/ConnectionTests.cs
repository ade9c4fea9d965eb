using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OciImages.RegistryServer.Tests.Support;
using OciImages.TestSupport;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests;

/// <summary>What becomes of a connection whose request's body was refused, or comes too slowly.</summary>
public sealed class ConnectionTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("PUT", "/v2/a/manifests/latest", "HTTP/1.1 400")]
    [InlineData("PUT", "/v2/a/blobs/uploads/8d2e6b0e-0d4f-4a5b-9d58-6c5a5c6c3a11?digest=sha256:00", "HTTP/1.1 400")]
    [InlineData("PATCH", "/v2/a/blobs/uploads/8d2e6b0e-0d4f-4a5b-9d58-6c5a5c6c3a11", "HTTP/1.1 404")]
    [InlineData("POST", "/v2/A/blobs/uploads/", "HTTP/1.1 400")]
    [InlineData("POST", "/v2/a/tags/list", "HTTP/1.1 405")]
    public async Task Body_ThatIsRefused_IsNotTakenForTheNextRequest(string method, string path, string expected)
    {
        await using var host = await RegistryHost.StartAsync(options => options.Root = _directory.Path);
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Url.Host, host.Url.Port);
        await using var stream = socket.GetStream();
        const string Body = "DELETE /v2/a/manifests/latest HTTP/1.1\r\nHost: x\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {Body.Length}\r\n\r\n{Body}GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        string answers = await reader.ReadToEndAsync();
        Assert.StartsWith(expected, answers, StringComparison.Ordinal);
        Assert.Equal(2, answers.Split("HTTP/1.1 ").Length - 1);
        Assert.Contains("HTTP/1.1 200", answers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatComesTooSlowly_IsEndedAndWhatCameIsKept()
    {
        await using var host = await RegistryHost.StartAsync(
            options => options.Root = _directory.Path,
            kestrel: server => server.Limits.MinRequestBodyDataRate = new MinDataRate(1000, TimeSpan.FromSeconds(1.1)));
        using var post = await SendAsync(host.Client, "POST", "/v2/a/blobs/uploads/");
        string location = post.Headers.Location!.ToString();
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Url.Host, host.Url.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n0123456789"));
        using var reader = new StreamReader(stream);
        string answer = await reader.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("BLOB_UPLOAD_INVALID", answer, StringComparison.Ordinal);
        using var status = await SendAsync(host.Client, "GET", location);
        Assert.Equal("0-9", Header(status, "Range"));
        using var put = await SendAsync(host.Client, "PUT", $"{location}?digest={Digest.Compute("0123456789ab"u8)}", "ab"u8.ToArray());
        await AssertStatusAsync(HttpStatusCode.Created, put);
    }
}
