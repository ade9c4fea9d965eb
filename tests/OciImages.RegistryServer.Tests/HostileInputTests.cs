using System.Net;
using System.Net.Sockets;
using System.Text;
using OciImages.RegistryServer.Tests.Support;
using OciImages.TestSupport;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests;

/// <summary>What no well-meaning client sends, over a real socket: an answer with the specification's body, and nothing stored.</summary>
public sealed class HostileInputTests : IAsyncLifetime
{
    private static readonly string LongName = new('a', 300);

    private readonly TempDirectory _directory = new();
    private RegistryHost? _host;

    public static TheoryData<string> Names =>
    [
        "..", "../../etc", "a/../../b", "%2e%2e", "%2e%2e/%2e%2e/etc", "a%2fb", "a%5cb", "a\\b", "A", "Test/Repo", "a//b", "a/", "-a", "a-", ".a", "a..b", "a___b", "_tags",
        "a/_manifests", "a%00b", "a%0d%0aX", "a b", "ä", "%ff%fe", "~", "a:b", "a@b", LongName, $"{LongName[..200]}/{LongName[..200]}",
    ];

    public async ValueTask InitializeAsync() => _host = await RegistryHost.StartAsync(options => options.Root = _directory["registry"]);

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Name_ThatIsNone_Is400Or404AndStoresNothing(string name)
    {
        byte[] manifest = """{"schemaVersion":2,"manifests":[]}"""u8.ToArray();
        foreach (var (method, path) in new[]
        {
            ("GET", $"/v2/{name}/tags/list"), ("GET", $"/v2/{name}/manifests/latest"), ("PUT", $"/v2/{name}/manifests/latest"),
            ("DELETE", $"/v2/{name}/manifests/latest"), ("POST", $"/v2/{name}/blobs/uploads/"), ("GET", $"/v2/{name}/blobs/{Digest.Compute("x"u8)}"),
            ("GET", $"/v2/{name}/referrers/{Digest.Compute("x"u8)}"), ("PATCH", $"/v2/{name}/blobs/uploads/{Guid.NewGuid()}"),
        })
        {
            var (status, head, body) = await RawAsync(method, path, MediaTypes.OciIndex, method is "PUT" or "PATCH" ? manifest : null);
            Assert.True(status is 400 or 404, $"{method} {path}: {status}");
            AssertNoTrace(body);
            Assert.DoesNotContain("X:", head, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(_directory["registry/repositories"]));
        Assert.Equal(["registry"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName).Where(entry => entry != "registry").Append("registry"));
    }

    [Theory]
    [InlineData("-latest")]
    [InlineData(".latest")]
    [InlineData("a%2fb")]
    [InlineData("%2e%2e")]
    [InlineData("sha256:%2e%2e%2f%2e%2e")]
    [InlineData("sha256:ABC")]
    [InlineData("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    [InlineData("%00")]
    [InlineData("t~1")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Reference_ThatIsNone_Is400Or404(string reference)
    {
        foreach (string method in new[] { "GET", "PUT", "DELETE" })
        {
            var (status, _, body) = await RawAsync(method, $"/v2/a/manifests/{reference}", MediaTypes.OciIndex, method == "PUT" ? """{"schemaVersion":2,"manifests":[]}"""u8.ToArray() : null);
            Assert.True(status is 400 or 404, $"{method} {reference}: {status}");
            AssertNoTrace(body);
        }
        Assert.False(Directory.Exists(_directory["registry/repositories"]));
    }

    [Theory]
    [InlineData("bytes 0-4")]
    [InlineData("0-4/5")]
    [InlineData("5-0")]
    [InlineData("-4")]
    [InlineData("a-b")]
    [InlineData("0-99999999999999999999")]
    [InlineData("0x0-4")]
    public async Task ContentRange_OfAChunk_ThatIsNone_Is400(string range)
    {
        string location = await StartUploadAsync();
        using var response = await SendAsync(_host!.Client, "PATCH", location, [1, 2, 3, 4, 5], null, ("Content-Range", range));
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "BLOB_UPLOAD_INVALID");
        using var status = await SendAsync(_host.Client, "GET", location);
        Assert.Equal("0-0", RawHeader(status, "Range"));
    }

    [Fact]
    public async Task ContentRange_ThatContradictsTheLength_Is400SizeInvalid()
    {
        using var response = await SendAsync(_host!.Client, "PATCH", await StartUploadAsync(), [1, 2, 3], null, ("Content-Range", "0-4"));
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "SIZE_INVALID");
    }

    [Theory]
    [InlineData("not-a-uuid")]
    [InlineData("..")]
    [InlineData("%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("{00000000-0000-0000-0000-000000000000}")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public async Task Upload_ThatIsNone_Is404(string id)
    {
        foreach (string method in new[] { "GET", "PATCH", "PUT", "DELETE" })
        {
            var (status, _, body) = await RawAsync(method, $"/v2/a/blobs/uploads/{id}?digest={Digest.Compute([])}", "application/octet-stream", method is "PATCH" or "PUT" ? [1] : null);
            Assert.True(status is 404 or 405 or 400, $"{method} {id}: {status}");
            AssertNoTrace(body);
        }
    }

    [Theory]
    [InlineData("GET", "/v2/_catalog/", 404)]
    [InlineData("GET", "/v2/a", 404)]
    [InlineData("GET", "/v2/a/b/c", 404)]
    [InlineData("GET", "/v2//manifests/latest", 404)]
    [InlineData("POST", "/v2/", 405)]
    [InlineData("PATCH", "/v2/a/manifests/latest", 405)]
    [InlineData("PUT", "/v2/a/tags/list", 405)]
    [InlineData("GET", "/v2/a/blobs/uploads/", 405)]
    [InlineData("BREW", "/v2/a/manifests/latest", 405)]
    public async Task Path_OrMethod_ThatTheApiHasNot_Is404Or405(string method, string path, int expected)
    {
        var (status, head, body) = await RawAsync(method, path, null, null);
        Assert.Equal(expected, status);
        Assert.Contains("\"errors\"", body, StringComparison.Ordinal);
        Assert.Equal(expected == 405, head.Contains("\r\nAllow: ", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("a/tags/list")]
    [InlineData("manifests")]
    [InlineData("blobs/uploads")]
    [InlineData("a/blobs")]
    [InlineData("referrers/manifests/tags")]
    [InlineData("v2/v2")]
    public async Task Name_OfTheApisOwnWords_IsANameAsAnyOther(string name)
    {
        byte[] index = """{"schemaVersion":2,"manifests":[]}"""u8.ToArray();
        using var put = await SendAsync(_host!.Client, "PUT", $"/v2/{name}/manifests/latest", index, MediaTypes.OciIndex);
        await AssertStatusAsync(HttpStatusCode.Created, put);
        using var get = await SendAsync(_host.Client, "GET", $"/v2/{name}/manifests/latest");
        Assert.Equal(index, await get.Content.ReadAsByteArrayAsync());
        using var tags = await SendAsync(_host.Client, "GET", $"/v2/{name}/tags/list");
        Assert.Equal($$"""{"name":"{{name}}","tags":["latest"]}""", await tags.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Client_ThatVanishesInTheMiddle_KeepsTheUploadAndTheServer()
    {
        string location = await StartUploadAsync();
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(_host!.Url.Host, _host.Url.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"));
            await socket.GetStream().WriteAsync(Bytes(70_000));
            socket.Client.LingerState = new LingerOption(true, 0);
        }
        // The server notices when it reads on; until then the upload is another's.
        for (int attempt = 0; ; attempt++)
        {
            using var put = await SendAsync(_host.Client, "PATCH", location, []);
            if (put.StatusCode == HttpStatusCode.Accepted)
                break;
            Assert.Equal(HttpStatusCode.Conflict, put.StatusCode);
            Assert.True(attempt < 200, "The upload stayed busy.");
            await Task.Delay(10);
        }
        using var status = await SendAsync(_host.Client, "GET", location);
        Assert.Matches("^0-[0-9]+$", RawHeader(status, "Range")!);
    }

    private async Task<string> StartUploadAsync()
    {
        using var response = await SendAsync(_host!.Client, "POST", "/v2/a/blobs/uploads/");
        return response.Headers.Location!.ToString();
    }

    private static void AssertNoTrace(string body)
    {
        Assert.DoesNotContain("Exception", body, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", body, StringComparison.OrdinalIgnoreCase);
    }

    // HttpClient tidies paths up; an attacker does not.
    private async Task<(int Status, string Head, string Body)> RawAsync(string method, string path, string? contentType, byte[]? body)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_host!.Url.Host, _host.Url.Port);
        var stream = socket.GetStream();
        string head = $"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + (contentType is null ? "" : $"Content-Type: {contentType}\r\n")
            + (body is null ? "\r\n" : $"Content-Length: {body.Length}\r\n\r\n");
        await stream.WriteAsync((byte[])[.. Encoding.UTF8.GetBytes(head), .. body ?? []]);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string answer;
        try
        {
            answer = await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return (400, "", ""); // refused by the server before there was a request
        }
        int end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), answer[..(end + 2)], answer[(end + 4)..]);
    }
}
