using System.Net;
using System.Text;
using System.Text.Json;
using OciImages.Content.Local;
using OciImages.TestSupport;

namespace OciImages.RegistryServer.Tests.Support;

/// <summary>A registry over files, and a client that reaches it without a socket.</summary>
internal sealed class TestRegistry : IAsyncDisposable
{
    public const string Repository = "test/repo";

    private readonly TempDirectory? _directory;

    public TestRegistry(Action<OciRegistryOptions>? configure = null, string? root = null)
    {
        _directory = root is null ? new TempDirectory() : null;
        Root = root ?? _directory!.Path;
        var options = new OciRegistryOptions { Root = Root };
        configure?.Invoke(options);
        Registry = new OciRegistry(options);
        Client = new HttpClient(new OciRegistryHttpHandler(Registry)) { BaseAddress = new Uri("http://registry.test/") };
    }

    public string Root { get; }

    public OciRegistry Registry { get; }

    public HttpClient Client { get; }

    public LocalContentStore Content => new(Path.Combine(Root, "content"));

    public FileRegistryIndex Index => new(Root);

    public static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public Task<HttpResponseMessage> SendAsync(
        string method, string path, byte[]? body = null, string? contentType = null, params (string Name, string Value)[] headers) =>
        SendAsync(Client, method, path, body, contentType, headers);

    public static async Task<HttpResponseMessage> SendAsync(
        HttpClient client, string method, string path, byte[]? body = null, string? contentType = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
                Assert.True(request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType));
        }
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                Assert.True(request.Content!.Headers.TryAddWithoutValidation(name, value));
        }
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<string> StartUploadAsync(string repository = Repository, string query = "")
    {
        using var response = await SendAsync("POST", $"/v2/{repository}/blobs/uploads/{query}");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return response.Headers.Location!.ToString();
    }

    public async Task<Digest> PushBlobAsync(byte[] content, string repository = Repository, DigestAlgorithm? algorithm = null)
    {
        var digest = Digest.Compute(content, algorithm ?? DigestAlgorithm.Sha256);
        using var response = await SendAsync("PUT", $"{await StartUploadAsync(repository)}?digest={digest}", content, "application/octet-stream");
        await AssertStatusAsync(HttpStatusCode.Created, response);
        return digest;
    }

    /// <summary>Pushes config, layers and a manifest.</summary>
    public async Task<(Digest Digest, byte[] Bytes)> PushImageAsync(
        string reference, int seed = 1, string repository = Repository, Descriptor? subject = null, string? artifactType = null,
        IReadOnlyDictionary<string, string>? annotations = null)
    {
        var manifest = await PushPartsAsync(seed, repository, subject, artifactType, annotations);
        using var response = await SendAsync("PUT", $"/v2/{repository}/manifests/{reference}", manifest, MediaTypes.OciManifest);
        await AssertStatusAsync(HttpStatusCode.Created, response);
        return (Digest.Compute(manifest), manifest);
    }

    /// <summary>Pushes config and a layer, and makes the manifest of them.</summary>
    public async Task<byte[]> PushPartsAsync(
        int seed = 1, string repository = Repository, Descriptor? subject = null, string? artifactType = null,
        IReadOnlyDictionary<string, string>? annotations = null)
    {
        byte[] config = Encoding.UTF8.GetBytes($$"""{"seed":{{seed}}}""");
        byte[] layer = Bytes(300, seed);
        await PushBlobAsync(config, repository);
        await PushBlobAsync(layer, repository);
        return Manifests.ImageManifest.Create(
            new Descriptor(MediaTypes.OciConfig, Digest.Compute(config), config.Length),
            [new Descriptor(MediaTypes.OciLayer, Digest.Compute(layer), layer.Length)],
            artifactType: artifactType, subject: subject, annotations: annotations).Content.Bytes.ToArray();
    }

    public static async Task AssertStatusAsync(HttpStatusCode status, HttpResponseMessage response) => Assert.True(
        response.StatusCode == status, $"{(int)response.StatusCode} instead of {(int)status}: {await response.Content.ReadAsStringAsync()}");

    /// <summary>Asserts a failure with the specification's body.</summary>
    public static async Task AssertFaultAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} instead of {(int)status}: {text}");
        Assert.Equal("registry/2.0", Header(response, "Docker-Distribution-Api-Version"));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(text);
        var error = json.RootElement.GetProperty("errors")[0];
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    /// <summary>A raw header: a Range of uploads is not what HttpClient takes for one.</summary>
    public static string? RawHeader(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) || response.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? values.ToString() : null;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Registry.DisposeAsync();
        _directory?.Dispose();
    }
}
