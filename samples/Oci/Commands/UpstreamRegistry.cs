using OciImages;
using OciImages.Manifests;
using OciImages.Registry;
using OciImages.RegistryServer;

namespace Oci.Commands;

/// <summary>Lets a registry fetch from another one by the registry client.</summary>
internal sealed class UpstreamRegistry(IRegistryClient client, string domain) : IUpstreamSource
{
    /// <summary>Reads a registry's URL, which is nothing but scheme and host.</summary>
    public static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("https" or "http") && url.PathAndQuery == "/"
            ? url
            : throw new OciException(OciErrorKind.InvalidInput, $"Not the URL of a registry, such as https://docker.io: {text}");

    public async ValueTask<Digest?> ResolveAsync(string repository, string tagOrDigest, CancellationToken cancellationToken = default) =>
        (await OrNullAsync(() => Repository(repository).Manifests.ResolveAsync(tagOrDigest, cancellationToken)))?.Digest;

    public async ValueTask<ManifestContent?> FetchManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default) =>
        await OrNullAsync(async () => (ManifestContent?)await Repository(repository).Manifests.GetAsync(digest.ToString(), cancellationToken));

    public async ValueTask<Stream?> OpenBlobAsync(string repository, Descriptor blob, long offset, CancellationToken cancellationToken = default) =>
        await OrNullAsync(async () => (Stream?)await Repository(repository).Blobs.OpenReadAsync(blob, offset, cancellationToken));

    public async ValueTask<IReadOnlyList<string>?> ListTagsAsync(string repository, CancellationToken cancellationToken = default) =>
        await OrNullAsync(async () =>
        {
            var tags = new List<string>();
            await foreach (string tag in Repository(repository).ListTagsAsync(cancellationToken))
                tags.Add(tag);
            return (IReadOnlyList<string>?)tags;
        });

    private static async Task<T?> OrNullAsync<T>(Func<Task<T?>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (RegistryException e) when (e.Kind is OciErrorKind.NotFound)
        {
            return null;
        }
    }

    private IRepository Repository(string name) => client.GetRepository(new RepositoryName(domain, name));
}
