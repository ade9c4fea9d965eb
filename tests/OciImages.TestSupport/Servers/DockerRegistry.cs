using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace OciImages.TestSupport.Servers;

/// <summary>A real registry: Debian's docker-registry on a loopback port of its own, with its data in a temporary directory.</summary>
public sealed class DockerRegistry : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly ServerProcess _process;
    private readonly DockerRegistryOptions _options;
    private readonly HttpClient _http;

    private DockerRegistry(TempDirectory directory, ServerProcess process, int port, DockerRegistryOptions options)
    {
        (_directory, _process, Port, _options) = (directory, process, port, options);
        var handler = options.Certificate is null ? new SocketsHttpHandler() : TestCertificate.HandlerTrusting(options.Certificate);
        _http = new HttpClient(handler) { BaseAddress = new Uri(Url) };
    }

    public int Port { get; }

    /// <summary>The registry's domain, such as <c>127.0.0.1:40001</c>.</summary>
    public string Authority => $"127.0.0.1:{Port}";

    public string Url => $"{(_options.Certificate is null ? "http" : "https")}://{Authority}";

    /// <summary>The requests that it has answered so far. A request is logged shortly after its answer has ended.</summary>
    public IReadOnlyList<AccessLogEntry> AccessLog => [.. _process.Output.Select(AccessLogEntry.Parse).OfType<AccessLogEntry>()];

    /// <summary>Starts a registry and waits until it answers.</summary>
    public static async Task<DockerRegistry> StartAsync(DockerRegistryOptions? options = null)
    {
        options ??= new DockerRegistryOptions();
        var directory = new TempDirectory();
        try
        {
            // Another process may take the free port first.
            for (int attempt = 1; ; attempt++)
            {
                int port = ServerProcess.FreePort();
                File.WriteAllText(directory["config.yml"], Configuration(directory, port, options));
                try
                {
                    return new DockerRegistry(directory, await ServerProcess.StartAsync(port, "docker-registry", "serve", directory["config.yml"]), port, options);
                }
                catch (InvalidOperationException) when (attempt < 3)
                {
                }
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Puts a blob.</summary>
    public async Task<Descriptor> PutBlobAsync(string repository, ReadOnlyMemory<byte> content, string mediaType = MediaTypes.OciLayerGzip)
    {
        var digest = Digest.Compute(content.Span);
        using var started = await SendAsync(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/", repository, null);
        var location = new Uri(_http.BaseAddress!, started.Headers.Location!);
        string target = $"{location.PathAndQuery}{(location.Query.Length > 0 ? "&" : "?")}digest={digest}";
        var body = new ReadOnlyMemoryContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var put = await SendAsync(HttpMethod.Put, target, repository, body);
        return new Descriptor(mediaType, digest, content.Length);
    }

    /// <summary>Puts a manifest under a tag or its digest.</summary>
    public async Task<Descriptor> PutManifestAsync(string repository, string tagOrDigest, string mediaType, ReadOnlyMemory<byte> content)
    {
        var body = new ReadOnlyMemoryContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var put = await SendAsync(HttpMethod.Put, $"/v2/{repository}/manifests/{tagOrDigest}", repository, body);
        return new Descriptor(mediaType, Digest.Compute(content.Span), content.Length);
    }

    /// <summary>Puts a whole image of these layers (their bytes need not be tars) under a tag.</summary>
    /// <returns>The descriptor of the manifest, and those of the layers.</returns>
    public async Task<(Descriptor Manifest, IReadOnlyList<Descriptor> Layers)> PutImageAsync(
        string repository, string tag, params ReadOnlyMemory<byte>[] layers)
    {
        byte[] configBytes = Encoding.UTF8.GetBytes("""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""");
        var config = await PutBlobAsync(repository, configBytes, MediaTypes.OciConfig);
        var descriptors = new List<Descriptor>();
        foreach (var layer in layers)
            descriptors.Add(await PutBlobAsync(repository, layer));
        string json = $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{Json(config)}},"layers":[{{string.Join(',', descriptors.Select(Json))}}]}""";
        return (await PutManifestAsync(repository, tag, MediaTypes.OciManifest, Encoding.UTF8.GetBytes(json)), descriptors);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    private static string Json(Descriptor descriptor) =>
        $$"""{"mediaType":"{{descriptor.MediaType}}","digest":"{{descriptor.Digest}}","size":{{descriptor.Size}}}""";

    private static string Configuration(TempDirectory directory, int port, DockerRegistryOptions options)
    {
        var text = new StringBuilder($$$"""
            version: 0.1
            log: {level: error, accesslog: {disabled: false} }
            storage: {filesystem: {rootdirectory: '{{{options.StorageDirectory ?? directory["data"]}}}'}, delete: {enabled: true}, maintenance: {uploadpurging: {enabled: false} } }

            """);
        string tls = "";
        if (options.Certificate is { } certificate)
        {
            TestCertificate.WritePem(certificate, directory["tls.crt"], directory["tls.key"]);
            string clients = "";
            if (options.ClientAuthority is { } authority)
            {
                File.WriteAllText(directory["clients.crt"], authority.ExportCertificatePem());
                clients = $", clientcas: ['{directory["clients.crt"]}']";
            }
            tls = $", tls: {{certificate: '{directory["tls.crt"]}', key: '{directory["tls.key"]}'{clients}}}";
        }
        text.AppendLine($"http: {{addr: '127.0.0.1:{port}'{tls}}}");
        if (options.MirrorOf is { } remote)
            text.AppendLine($"proxy: {{remoteurl: '{remote}'}}");
        if (options.Basic is { } basic)
        {
            File.WriteAllText(directory["htpasswd"], HtpasswdLine(basic.User, basic.Password));
            text.AppendLine($"auth: {{htpasswd: {{realm: basic-realm, path: '{directory["htpasswd"]}'}}}}");
        }
        if (options.TokenServer is { } tokens)
        {
            File.WriteAllText(directory["token.crt"], tokens.CertificatePem);
            text.AppendLine(
                $"auth: {{token: {{realm: '{tokens.Realm}', service: {TokenServer.Service}, issuer: {TokenServer.Issuer}, rootcertbundle: '{directory["token.crt"]}'}}}}");
        }
        return text.ToString();
    }

    private static string HtpasswdLine(string user, string password)
    {
        var info = new System.Diagnostics.ProcessStartInfo(Peers.Require("htpasswd"), ["-nbB", "-C", "4", user, password]) { RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(info)!;
        return process.StandardOutput.ReadToEnd();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string target, string repository, HttpContent? content)
    {
        using var message = new HttpRequestMessage(method, target) { Content = content };
        if (_options.Basic is { } basic)
            message.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{basic.User}:{basic.Password}")));
        if (_options.TokenServer is { } tokens)
            message.Headers.Authorization = new("Bearer", tokens.Issue($"repository:{repository}:pull,push"));
        var response = await _http.SendAsync(message);
        if (response.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.Accepted))
            throw new InvalidOperationException($"{method} {target}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return response;
    }
}
