using OciImages.Configs;
using OciImages.Content;
using OciImages.Layers;
using OciImages.Manifests;
using OciImages.Push.Internal;
using OciImages.Roots;

namespace OciImages.Archives.Internal;

/// <summary>The blobs of an archive, each once, in the order in which a reader wants them; held until they are written.</summary>
internal sealed class SavedBlobs(ImageRoot root, ContentLease lease) : IAsyncDisposable
{
    private readonly List<LayerHandle> _layers = [];
    private readonly HashSet<Digest> _digests = [];
    private readonly List<SavedBlob> _small = [];
    private readonly List<SavedBlob> _large = [];

    /// <summary>Manifests and configs, then layers.</summary>
    public IEnumerable<SavedBlob> InOrder => _small.Concat(_large);

    /// <summary>Adds what was pulled: manifests, configs, layers.</summary>
    /// <returns>Whether it is all here; when false, nothing was added.</returns>
    public async Task<bool> TryAddAsync(PushContent content, CancellationToken cancellationToken)
    {
        var blobs = content.Images.SelectMany(image => image.Layers).ToList();
        var configs = content.Images.Select(image => image.Config).ToList();
        await lease.AddAsync([.. blobs.Concat(configs).Select(blob => blob.Digest)], cancellationToken).ConfigureAwait(false);
        foreach (var blob in blobs.Concat(configs))
        {
            if (await root.Content.FindAsync(blob.Digest, cancellationToken).ConfigureAwait(false) is null)
                return false;
        }
        foreach (var manifest in content.Indexes.Cast<Manifest>().Concat(content.Images).Prepend(content.Root))
            Add(_small, manifest.Content.Descriptor.Digest, manifest.Content.Bytes);
        foreach (var config in configs)
            Add(_small, config);
        foreach (var blob in blobs)
            Add(_large, blob);
        return true;
    }

    /// <summary>Adds an image as its uncompressed layers.</summary>
    /// <returns>The manifest that names them.</returns>
    public async Task<ImageManifest> AddUncompressedAsync(ImageConfig config, CancellationToken cancellationToken)
    {
        var layers = new List<Descriptor>(config.DiffIds.Count);
        ChainId chain = default;
        foreach (var diffId in config.DiffIds)
        {
            chain = chain.Append(diffId);
            var layer = await root.Layers.AcquireAsync(chain, cancellationToken).ConfigureAwait(false)
                ?? throw new OciException(OciErrorKind.NotFound, $"The layer {chain} of the image {config.Id} is missing in {root.Path}.");
            _layers.Add(layer);
            long size = await layer.GetTarSizeAsync(cancellationToken).ConfigureAwait(false);
            layers.Add(new Descriptor(MediaTypes.OciLayer, diffId.Value, size));
            if (_digests.Add(diffId.Value))
                _large.Add(new SavedBlob(diffId.Value, size, layer.OpenTarAsync));
        }
        var manifest = ImageManifest.Create(new Descriptor(MediaTypes.OciConfig, config.Id.Value, config.Bytes.Length), layers);
        Add(_small, manifest.Content.Descriptor.Digest, manifest.Content.Bytes);
        Add(_small, config.Id.Value, config.Bytes);
        return manifest;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var layer in _layers)
            await layer.DisposeAsync().ConfigureAwait(false);
    }

    private void Add(List<SavedBlob> list, Descriptor blob)
    {
        if (_digests.Add(blob.Digest))
            list.Add(new SavedBlob(blob.Digest, blob.Size, token => root.Content.OpenReadAsync(blob.Digest, token)));
    }

    private void Add(List<SavedBlob> list, Digest digest, ReadOnlyMemory<byte> bytes)
    {
        if (_digests.Add(digest))
            list.Add(new SavedBlob(digest, bytes.Length, _ => new ValueTask<Stream>(new MemoryStream(bytes.ToArray(), writable: false))));
    }
}
