using System.Text;

namespace OciImages.Transfers.Internal;

/// <summary>
/// What makes two layer transfers the same: same source, same chain, and the same blobs all the way down, so that whoever wants the
/// layer is joined to the transfers of its parents too.
/// </summary>
internal readonly record struct TransferKey(RepositoryName Source, ChainId Chain, Digest Blobs)
{
    public TransferKey Append(LayerDownload next) => this with
    {
        Chain = Chain.Append(next.DiffId),
        Blobs = Digest.Compute(Encoding.ASCII.GetBytes($"{Blobs} {next.Blob.Digest}")),
    };
}
