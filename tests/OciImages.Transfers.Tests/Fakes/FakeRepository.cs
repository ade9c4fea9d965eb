using System.Collections.Concurrent;
using OciImages.Registry;

namespace OciImages.Transfers.Tests.Fakes;

/// <summary>A repository whose blobs are in memory and whose faults a test chooses.</summary>
internal sealed class FakeRepository : IRepository, IBlobOperations
{
    private readonly Dictionary<Digest, byte[]> _blobs = [];
    private int _open;

    public RepositoryName Name { get; init; } = RepositoryName.Parse("registry.example/app");

    public IManifestOperations Manifests => throw new NotSupportedException();

    public IBlobOperations Blobs => this;

    /// <summary>Every blob read: digest and offset.</summary>
    public ConcurrentQueue<(Digest Digest, long Offset)> Reads { get; } = [];

    public int MostOpenAtOnce { get; private set; }

    /// <summary>Gets the content and the offset of a read, and returns the stream to serve.</summary>
    public Func<byte[], long, CancellationToken, Task<Stream>> Serve { get; set; } =
        (content, offset, _) => Task.FromResult<Stream>(new MemoryStream(content[(int)offset..], writable: false));

    public LayerDownload Add(byte[] blob)
    {
        var digest = Digest.Compute(blob);
        _blobs[digest] = blob;
        return new LayerDownload(new Descriptor(MediaTypes.OciLayer, digest, blob.Length), new DiffId(digest));
    }

    public async Task<Stream> OpenReadAsync(Descriptor blob, long offset = 0, CancellationToken cancellationToken = default)
    {
        Reads.Enqueue((blob.Digest, offset));
        lock (_blobs)
            MostOpenAtOnce = Math.Max(MostOpenAtOnce, ++_open);
        try
        {
            return await Serve(_blobs[blob.Digest], offset, cancellationToken);
        }
        finally
        {
            lock (_blobs)
                _open--;
        }
    }

    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken = default) => Task.FromResult(_blobs.ContainsKey(digest));

    public IAsyncEnumerable<string> ListTagsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Every push, in order.</summary>
    public ConcurrentQueue<(Digest Digest, BlobPushOptions? Options)> Pushes { get; } = [];

    /// <summary>Gets a push and says what it comes to; by default it reads all content.</summary>
    public Func<Descriptor, Func<CancellationToken, ValueTask<Stream>>, BlobPushOptions?, CancellationToken, Task<BlobPushResult>> Receive { get; set; } =
        async (_, open, options, token) =>
        {
            await using var content = await open(token);
            var copy = new MemoryStream();
            await content.CopyToAsync(copy, token);
            options?.Progress?.Report(copy.Length);
            return new BlobPushResult(BlobPushOutcome.Uploaded);
        };

    public async Task<BlobPushResult> PushAsync(
        Descriptor blob, Func<CancellationToken, ValueTask<Stream>> openContent, BlobPushOptions? options = null, CancellationToken cancellationToken = default)
    {
        Pushes.Enqueue((blob.Digest, options));
        lock (_blobs)
            MostOpenAtOnce = Math.Max(MostOpenAtOnce, ++_open);
        try
        {
            return await Receive(blob, openContent, options, cancellationToken);
        }
        finally
        {
            lock (_blobs)
                _open--;
        }
    }

    public Task<bool> TryMountAsync(Digest digest, RepositoryName from, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<Descriptor> ListReferrersAsync(Digest subject, string? artifactType = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
