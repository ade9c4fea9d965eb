using OciImages.Content;
using OciImages.Layers;

namespace OciImages.Archives.Internal;

/// <summary>A layer of an archive, unpacked, and the compressed blob that it came as where that is worth keeping; nothing of it is visible yet.</summary>
/// <param name="content">Where the blob will be.</param>
/// <param name="layer">The layer.</param>
/// <param name="writer">The blob's ingest; null when the blob is not kept.</param>
/// <param name="blob">The blob's digest.</param>
internal sealed class StagedBlob(IContentStore content, StagedLayer layer, ContentWriter? writer, Digest blob) : IAsyncDisposable
{
    private bool _committed;

    public StagedLayer Layer => layer;

    /// <summary>Makes the blob durable, if it is one to keep.</summary>
    public async ValueTask CommitBlobAsync(CancellationToken cancellationToken)
    {
        if (writer is null)
            return;
        await writer.CommitAsync(writer.Offset, blob, cancellationToken).ConfigureAwait(false);
        _committed = true;
    }

    public async ValueTask DisposeAsync()
    {
        await layer.DisposeAsync().ConfigureAwait(false);
        if (writer is null)
            return;
        await writer.DisposeAsync().ConfigureAwait(false);
        if (!_committed)
            await content.AbortAsync(writer.IngestId, CancellationToken.None).ConfigureAwait(false);
    }
}
