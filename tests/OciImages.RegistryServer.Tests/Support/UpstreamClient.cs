using System.Net;
using System.Text.Json;
using OciImages.Manifests;

namespace OciImages.RegistryServer.Tests.Support;

/// <summary>Fetches from another registry of the test, counts, and fails as it is told.</summary>
internal sealed class UpstreamClient(TestRegistry origin) : IUpstreamSource
{
    public int Questions { get; private set; }

    public int Manifests { get; private set; }

    public int Blobs { get; private set; }

    public long LastOffset { get; private set; }

    public bool IsDown { get; set; }

    public bool HasLostBlobs { get; set; }

    public bool Damage { get; set; }

    public int? CutAfter { get; set; }

    public async ValueTask<Digest?> ResolveAsync(string repository, string tagOrDigest, CancellationToken cancellationToken = default)
    {
        Questions++;
        using var response = await SendAsync("HEAD", $"/v2/{repository}/manifests/{tagOrDigest}");
        return response.StatusCode == HttpStatusCode.OK ? Digest.Parse(TestRegistry.Header(response, "Docker-Content-Digest")!) : null;
    }

    public async ValueTask<ManifestContent?> FetchManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync("GET", $"/v2/{repository}/manifests/{digest}");
        if (response.StatusCode != HttpStatusCode.OK)
            return null;
        Manifests++;
        return new ManifestContent(
            response.Content.Headers.ContentType!.MediaType!, await response.Content.ReadAsByteArrayAsync(cancellationToken), digest);
    }

    public async ValueTask<Stream?> OpenBlobAsync(string repository, Descriptor blob, long offset, CancellationToken cancellationToken = default)
    {
        if (HasLostBlobs)
            return null;
        using var response = await SendAsync("GET", $"/v2/{repository}/blobs/{blob.Digest}");
        if (response.StatusCode != HttpStatusCode.OK)
            return null;
        (Blobs, LastOffset) = (Blobs + 1, offset);
        byte[] bytes = (await response.Content.ReadAsByteArrayAsync(cancellationToken))[(int)offset..];
        if (Damage)
            bytes[0] ^= 1;
        return CutAfter is { } length ? new BrokenStream(bytes[..length]) : new MemoryStream(bytes);
    }

    public async ValueTask<IReadOnlyList<string>?> ListTagsAsync(string repository, CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync("GET", $"/v2/{repository}/tags/list");
        if (response.StatusCode != HttpStatusCode.OK)
            return null;
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        return [.. json.RootElement.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!)];
    }

    private Task<HttpResponseMessage> SendAsync(string method, string path) => IsDown
        ? throw new OciException(OciErrorKind.Unavailable, "The upstream is down.")
        : origin.SendAsync(method, path);
}
