using OciImages.Layers.Compression;

namespace OciImages.Layers.Internal.Store;

/// <summary>The tar of a writable layer, which ends the mounts that it is read from.</summary>
internal sealed class WritableDiffStream(Stream diff, DiffSource source) : ForwardStream(diff)
{
    private readonly Stream _diff = diff;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _diff.ReadAsync(buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }
}
