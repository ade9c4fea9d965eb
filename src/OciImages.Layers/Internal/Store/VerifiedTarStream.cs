using OciImages.Layers.Compression;

namespace OciImages.Layers.Internal.Store;

/// <summary>A layer's tar that says at its end whether it was the right one.</summary>
internal sealed class VerifiedTarStream(Stream tar, LayerInfo layer) : ForwardStream(tar)
{
    private readonly Stream _tar = tar;
    private readonly Digester _digester = DigestAlgorithm.Sha256.CreateDigester();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await _tar.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _digester.Append(buffer.Span[..read]);
        if (read == 0 && buffer.Length > 0 && _digester.GetDigest() != layer.DiffId.Value)
        {
            throw new OciException(
                OciErrorKind.Corrupt,
                $"Could not verify layer data for {layer.ChainId}: internal files of the layer store were modified; pulling the image again may repair it.");
        }
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _digester.Dispose();
        base.Dispose(disposing);
    }
}
