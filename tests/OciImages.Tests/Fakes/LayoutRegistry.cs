using System.Collections.Concurrent;
using OciImages.Manifests;
using OciImages.Registry;

namespace OciImages.Tests.Fakes;

/// <summary>A registry whose one repository serves an OCI image layout: tags are set by the test, everything else is read from its blobs.</summary>
internal sealed class LayoutRegistry(string layout) : IRegistryClient, IRepository, IManifestOperations, IBlobOperations
{
    public Dictionary<string, Digest> Tags { get; } = [];

    /// <summary>What was asked: <c>manifest TAG-OR-DIGEST</c>, <c>head …</c> or <c>blob DIGEST</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Changes the bytes of a blob on their way.</summary>
    public Func<Digest, byte[], byte[]> Tamper { get; set; } = (_, bytes) => bytes;

    public RepositoryName Name { get; private set; } = RepositoryName.Parse("registry.example/app");

    public IManifestOperations Manifests => this;

    public IBlobOperations Blobs => this;

    public IRepository GetRepository(RepositoryName name)
    {
        Name = name;
        return this;
    }

    public Task PingAsync(string domain, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public async IAsyncEnumerable<string> ListTagsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        foreach (string tag in Tags.Keys.Order(StringComparer.Ordinal))
            yield return tag;
    }

    public Task<Descriptor?> ResolveAsync(string tagOrDigest, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue($"head {tagOrDigest}");
        return Task.FromResult(Find(tagOrDigest)?.Descriptor);
    }

    public Task<ManifestContent> GetAsync(string tagOrDigest, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue($"manifest {tagOrDigest}");
        return Task.FromResult(Find(tagOrDigest) ?? throw new RegistryException(OciErrorKind.NotFound, $"No manifest {tagOrDigest}."));
    }

    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken = default) => Task.FromResult(File.Exists(BlobPath(digest)));

    public Task<Stream> OpenReadAsync(Descriptor blob, long offset = 0, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue($"blob {blob.Digest}");
        byte[] bytes = Tamper(blob.Digest, File.ReadAllBytes(BlobPath(blob.Digest)));
        return Task.FromResult<Stream>(new MemoryStream(bytes, (int)offset, bytes.Length - (int)offset));
    }

    /// <summary>What was put: blobs and manifests, by digest.</summary>
    public ConcurrentDictionary<Digest, byte[]> Put { get; } = new();

    /// <summary>Which repositories a blob may be mounted from, by the test's wish.</summary>
    public HashSet<RepositoryName> MountableFrom { get; } = [];

    public async Task<BlobPushResult> PushAsync(
        Descriptor blob, Func<CancellationToken, ValueTask<Stream>> openContent, BlobPushOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (Put.ContainsKey(blob.Digest))
            return new BlobPushResult(BlobPushOutcome.Existing);
        var from = options?.MountFrom.FirstOrDefault(MountableFrom.Contains);
        Requests.Enqueue($"push {blob.Digest} from {string.Join(' ', options?.MountFrom ?? [])}");
        var copy = new MemoryStream();
        await using (var content = await openContent(cancellationToken))
            await content.CopyToAsync(copy, cancellationToken);
        Put[blob.Digest] = copy.ToArray();
        return new BlobPushResult(from is null ? BlobPushOutcome.Uploaded : BlobPushOutcome.Mounted) { MountedFrom = from };
    }

    public Task<Descriptor> PutAsync(string tagOrDigest, ManifestContent manifest, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue($"put {tagOrDigest}");
        Put[manifest.Descriptor.Digest] = manifest.Bytes.ToArray();
        Tags[tagOrDigest] = manifest.Descriptor.Digest;
        return Task.FromResult(manifest.Descriptor);
    }

    public Task<bool> TryMountAsync(Digest digest, RepositoryName from, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<bool> DeleteTagAsync(string tag, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<Descriptor> ListReferrersAsync(Digest subject, string? artifactType = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<RepositoryName> ListRepositoriesAsync(string domain, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private ManifestContent? Find(string tagOrDigest)
    {
        if (!Digest.TryParse(tagOrDigest, out var digest) && !Tags.TryGetValue(tagOrDigest, out digest))
            return null;
        byte[] bytes = File.ReadAllBytes(BlobPath(digest));
        string mediaType = System.Text.Encoding.UTF8.GetString(bytes).Contains("\"manifests\"", StringComparison.Ordinal) ? MediaTypes.OciIndex : MediaTypes.OciManifest;
        return new ManifestContent(mediaType, bytes, digest);
    }

    private string BlobPath(Digest digest) => Path.Combine(layout, "blobs", "sha256", digest.Hex);
}
