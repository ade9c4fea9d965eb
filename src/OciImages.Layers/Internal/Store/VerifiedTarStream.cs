using OciImages.Layers.Compression;

namespace OciImages.Layers.Internal.Store;

/// <summary>A layer's tar that says at its end whether it was the right one.</summary>
internal sealed class VerifiedTarStream(Stream tar, LayerInfo layer) : ForwardStream(tar)
{
    private readonly Stream _tar = tar;
    private readonly Digester _digester = DigestAlgorithm.Sha256.CreateDigester();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await _tar.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            throw CannotRebuild(layer, e);
        }
        _digester.Append(buffer.Span[..read]);
        if (read == 0 && buffer.Length > 0 && _digester.GetDigest() != layer.DiffId.Value)
        {
            throw new OciException(
                OciErrorKind.Corrupt,
                $"Could not verify layer data for {layer.ChainId}: internal files of the layer store were modified; pulling the image again may repair it.");
        }
        return read;
    }

    /// <summary>Says which layer it is about and where its files are.</summary>
    internal static OciException CannotRebuild(LayerInfo layer, OciException reason) => new(
        OciErrorKind.Corrupt, $"The layer {layer.ChainId} (cache-id {layer.CacheId}) cannot be rebuilt. {reason.Message}", reason);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _digester.Dispose();
        base.Dispose(disposing);
    }
}
