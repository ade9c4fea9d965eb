using System.Buffers;
using System.IO.Compression;
using OciImages.Configs;
using OciImages.Content;
using OciImages.Manifests;
using OciImages.Roots;

namespace OciImages.Push.Internal;

/// <summary>
/// Makes a manifest for an image that has none here, such as one that dockerd built in this root: of the blobs that its layers are known to be, where
/// these are here, and else of its layers' tars, compressed anew.
/// </summary>
internal sealed class ManifestBuilder(ImageRoot root)
{
    private static readonly byte[] GzipMagic = [0x1f, 0x8b], ZstdMagic = [0x28, 0xb5, 0x2f, 0xfd];

    public async Task<PushContent> BuildAsync(ImageConfig config, ContentLease lease, CancellationToken cancellationToken)
    {
        var layers = new List<Descriptor>(config.DiffIds.Count);
        ChainId chain = default;
        foreach (var diffId in config.DiffIds)
        {
            chain = layers.Count == 0 ? ChainId.Of([diffId]) : chain.Append(diffId);
            layers.Add(await FindBlobAsync(diffId, lease, cancellationToken).ConfigureAwait(false)
                ?? await CompressAsync(chain, lease, cancellationToken).ConfigureAwait(false));
        }
        // Docker's own format, as docker push has it; it knows no zstd.
        bool isDocker = layers.TrueForAll(layer => layer.MediaType is MediaTypes.DockerLayer or MediaTypes.DockerLayerGzip);
        var blob = new Descriptor(isDocker ? MediaTypes.DockerConfig : MediaTypes.OciConfig, config.Id.Value, config.Bytes.Length);
        var manifest = isDocker
            ? ImageManifest.Create(blob, layers, MediaTypes.DockerManifest)
            : ImageManifest.Create(blob, [.. layers.Select(ToOci)]);
        return new PushContent(manifest, [manifest], []) { IsNew = true };
    }

    private static Descriptor ToOci(Descriptor layer) => layer with
    {
        MediaType = layer.MediaType switch
        {
            MediaTypes.DockerLayerGzip => MediaTypes.OciLayerGzip,
            MediaTypes.DockerLayer => MediaTypes.OciLayer,
            _ => MediaTypes.OciLayerZstd,
        },
    };

    private async Task<Descriptor?> FindBlobAsync(DiffId diffId, ContentLease lease, CancellationToken cancellationToken)
    {
        var sources = await root.Distribution.ListSourcesAsync(diffId, cancellationToken).ConfigureAwait(false);
        foreach (var digest in sources.Select(source => source.Digest).Reverse().Distinct())
        {
            await lease.AddAsync([digest], cancellationToken).ConfigureAwait(false);
            if (await root.Content.FindAsync(digest, cancellationToken).ConfigureAwait(false) is { } info)
                return new Descriptor(await MediaTypeOfAsync(digest, cancellationToken).ConfigureAwait(false), digest, info.Size);
        }
        return null;
    }

    private async Task<string> MediaTypeOfAsync(Digest digest, CancellationToken cancellationToken)
    {
        byte[] start = new byte[4];
        var stream = await root.Content.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
            await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return start.AsSpan().StartsWith(GzipMagic) ? MediaTypes.DockerLayerGzip
            : start.AsSpan().StartsWith(ZstdMagic) ? MediaTypes.DockerLayerZstd
            : MediaTypes.DockerLayer;
    }

    private async Task<Descriptor> CompressAsync(ChainId chain, ContentLease lease, CancellationToken cancellationToken)
    {
        var layer = await root.Layers.AcquireAsync(chain, cancellationToken).ConfigureAwait(false)
            ?? throw new OciException(OciErrorKind.NotFound, $"The layer {chain} is gone, and so is the blob that it was made of.");
        await using (layer.ConfigureAwait(false))
        {
            string ingest = $"push-{chain}-{Guid.NewGuid():N}";
            try
            {
                var writer = await root.Content.OpenWriterAsync(ingest, cancellationToken).ConfigureAwait(false);
                await using (writer.ConfigureAwait(false))
                {
                    var digest = await CompressAsync(layer, writer, cancellationToken).ConfigureAwait(false);
                    // Before it is visible: until then nobody collects it.
                    await lease.AddAsync([digest], cancellationToken).ConfigureAwait(false);
                    var info = await writer.CommitAsync(writer.Offset, digest, cancellationToken).ConfigureAwait(false);
                    return new Descriptor(MediaTypes.DockerLayerGzip, digest, info.Size);
                }
            }
            catch
            {
                await root.Content.AbortAsync(ingest, CancellationToken.None).ConfigureAwait(false);
                throw;
            }
        }
    }

    private static async Task<Digest> CompressAsync(Layers.LayerHandle layer, ContentWriter writer, CancellationToken cancellationToken)
    {
        using var digester = DigestAlgorithm.Sha256.CreateDigester();
        var output = new HashingStream(writer.Output, digester);
        await using (output.ConfigureAwait(false))
        {
            var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
            await using (gzip.ConfigureAwait(false))
            {
                var tar = await layer.OpenTarAsync(cancellationToken).ConfigureAwait(false);
                await using (tar.ConfigureAwait(false))
                    await tar.CopyToAsync(gzip, cancellationToken).ConfigureAwait(false);
            }
        }
        return digester.GetDigest();
    }
}
