using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Faults;

/// <summary>One kind of request, and the call that makes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reference">What the failure must name beside the registry and the repository; null for nothing.</param>
/// <param name="Is">Whether a request is of this kind.</param>
/// <param name="RunAsync">Makes the call; tells whether it brought what a good registry has.</param>
internal sealed record MatrixKind(
    string Name, string? Reference, Func<FaultRequest, bool> Is, Func<IRepository, RegistryClient, Task<bool>> RunAsync)
{
    private static readonly string BlobDigest = MatrixServer.Blob.Digest.ToString();
    private static readonly string ManifestDigest = MatrixServer.Manifest.Descriptor.Digest.ToString();

    public static IReadOnlyList<MatrixKind> All { get; } =
    [
        new("ping", null, request => request.Path == "/v2/", async (repository, client) =>
        {
            await client.PingAsync(repository.Name.Domain);
            return true;
        }),
        new("token", "v1", request => request.Path == "/token", GetAsync("v1")),
        new("resolve", ManifestDigest, Method("HEAD", "/manifests/"), async (repository, _) =>
            await repository.Manifests.ResolveAsync(ManifestDigest) is { } found && found.Digest.ToString() == ManifestDigest),
        new("manifest", "v1", Method("GET", "/manifests/"), GetAsync("v1")),
        new("manifest by digest", ManifestDigest, Method("GET", "/manifests/"), GetAsync(ManifestDigest)),
        new("blob", BlobDigest, Method("GET", "/blobs/sha256"), async (repository, _) =>
            (await (await repository.Blobs.OpenReadAsync(MatrixServer.Blob)).ReadAllAsync()).AsSpan().SequenceEqual(MatrixServer.Content)),
        new("ranged blob", BlobDigest, request => request.Range is not null, async (repository, _) =>
            (await (await repository.Blobs.OpenReadAsync(MatrixServer.Blob, 100)).ReadAllAsync()).AsSpan().SequenceEqual(MatrixServer.Content.AsSpan(100))),
        new("exists", BlobDigest, Method("HEAD", "/blobs/"), (repository, _) => repository.Blobs.ExistsAsync(MatrixServer.Blob.Digest)),
        new("tags", null, Method("GET", "/tags/list"), async (repository, _) => await repository.ListTagsAsync().CountAsync() == 2),
        new("catalog", null, Method("GET", "/_catalog"), async (repository, client) =>
            await client.ListRepositoriesAsync(repository.Name.Domain).CountAsync() == 1),
        new("referrers", ManifestDigest, Method("GET", "/referrers/"), ListReferrersAsync),
        new("referrers tag", MatrixServer.ReferrerTag, Method("GET", MatrixServer.ReferrerTag), ListReferrersAsync) { KnowsNoReferrers = true },
        new("delete manifest", ManifestDigest, Method("DELETE", "/manifests/sha256"), (repository, _) =>
            repository.Manifests.DeleteAsync(MatrixServer.Manifest.Descriptor.Digest)),
        new("delete tag", "v1", Method("DELETE", "/manifests/v1"), (repository, _) => repository.Manifests.DeleteTagAsync("v1")),
        new("delete blob", BlobDigest, Method("DELETE", "/blobs/sha256"), (repository, _) => repository.Blobs.DeleteAsync(MatrixServer.Blob.Digest)),
        new("push HEAD", BlobDigest, Method("HEAD", "/blobs/"), PushAsync(mounts: false)) { IsPush = true },
        new("mount", BlobDigest, request => request.Target.Contains("mount=", StringComparison.Ordinal), PushAsync(mounts: true)) { IsPush = true },
        new("POST", BlobDigest, request => request.Method == "POST" && !request.Target.Contains("mount=", StringComparison.Ordinal), PushAsync(mounts: false)) { IsPush = true },
        new("PATCH", BlobDigest, Method("PATCH", "/uploads/"), PushAsync(mounts: false)) { IsPush = true },
        new("PUT", BlobDigest, Method("PUT", "/uploads/"), PushAsync(mounts: false)) { IsPush = true },
        new("status", BlobDigest, Method("GET", "/uploads/"), PushAsync(mounts: false)) { IsPush = true },
        new("manifest PUT", "v2", Method("PUT", "/manifests/"), async (repository, _) =>
            (await repository.Manifests.PutAsync("v2", MatrixServer.Manifest)).Digest == MatrixServer.Manifest.Descriptor.Digest),
    ];

    public bool IsPush { get; init; }

    public bool KnowsNoReferrers { get; init; }

    /// <summary>Whether the request is not about one repository.</summary>
    public bool IsAboutRegistry => Name is "ping" or "catalog";

    public bool IsHead => Name is "resolve" or "exists" or "push HEAD";

    private static Func<FaultRequest, bool> Method(string method, string part) =>
        request => request.Method == method && request.Target.Contains(part, StringComparison.Ordinal);

    private static Func<IRepository, RegistryClient, Task<bool>> GetAsync(string name) => async (repository, _) =>
        (await repository.Manifests.GetAsync(name)).Bytes.Span.SequenceEqual(MatrixServer.Manifest.Bytes.Span);

    private static async Task<bool> ListReferrersAsync(IRepository repository, RegistryClient client) =>
        await repository.ListReferrersAsync(MatrixServer.Manifest.Descriptor.Digest).CountAsync() == 1;

    private static Func<IRepository, RegistryClient, Task<bool>> PushAsync(bool mounts) => async (repository, _) =>
    {
        var options = new BlobPushOptions { MountFrom = mounts ? [Registries.Name(repository.Name.Domain, "team/base")] : [] };
        var pushed = await repository.Blobs.PushAsync(MatrixServer.Pushed, Uploads.Content.Of(MatrixServer.PushedContent), options);
        return pushed.Outcome == BlobPushOutcome.Uploaded;
    };
}
