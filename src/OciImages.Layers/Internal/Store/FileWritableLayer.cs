using OciImages.Layers.Diff;

namespace OciImages.Layers.Internal.Store;

/// <summary>A writable layer of a <see cref="FileLayerStore"/>.</summary>
internal sealed class FileWritableLayer(FileLayerStore store, string record, string mountId, string? initId, ChainId? parent) : WritableLayer
{
    public override string Name { get; } = Path.GetFileName(record);

    public override ChainId? Parent => parent;

    public override string MountId => mountId;

    public override string? InitId => initId;

    // Not Docker's, which ignores it: the mount is to stay when its last user goes.
    private string DetachedMark => Path.Combine(record, "detached");

    public override async ValueTask<Mount> MountAsync(MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        Require();
        options ??= new MountOptions { ReadOnly = false };
        var mount = await store.Driver.MountAsync(mountId, options, cancellationToken).ConfigureAwait(false);
        return options.ReadOnly ? mount : new WritableMount(mount, DetachedMark);
    }

    public override async ValueTask UnmountAsync(CancellationToken cancellationToken = default)
    {
        Require();
        StoreFiles.Guard("delete the file", DetachedMark, () =>
        {
            File.Delete(DetachedMark);
            return true;
        });
        // The driver takes a mount away with its last user; there is none to take without one.
        var mount = await store.Driver.MountAsync(mountId, new MountOptions { ReadOnly = false }, cancellationToken).ConfigureAwait(false);
        await mount.DisposeAsync().ConfigureAwait(false);
    }

    public override async ValueTask<long> GetSizeAsync(CancellationToken cancellationToken = default)
    {
        var source = await OpenSourceAsync(needsLower: false, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
            return await source.GetSizeAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<TreeChange>> GetChangesAsync(CancellationToken cancellationToken = default)
    {
        var source = await OpenSourceAsync(needsLower: true, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
            return await source.GetChangesAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<Stream> OpenDiffAsync(CancellationToken cancellationToken = default)
    {
        var source = await OpenSourceAsync(needsLower: false, cancellationToken).ConfigureAwait(false);
        return new WritableDiffStream(source.OpenDiff(), source);
    }

    public override async ValueTask<LayerHandle> CommitAsync(CancellationToken cancellationToken = default)
    {
        var diff = await OpenDiffAsync(cancellationToken).ConfigureAwait(false);
        await using (diff.ConfigureAwait(false))
        {
            var staged = await store.StageAsync(diff, null, cancellationToken).ConfigureAwait(false);
            await using (staged.ConfigureAwait(false))
                return await staged.CommitAsync(parent, cancellationToken).ConfigureAwait(false);
        }
    }

    public override ValueTask<IReadOnlyDictionary<string, string>?> GetMetadataAsync(CancellationToken cancellationToken = default) =>
        store.Driver.GetMetadataAsync(mountId, cancellationToken);

    private async ValueTask<DiffSource> OpenSourceAsync(bool needsLower, CancellationToken cancellationToken)
    {
        Require();
        if (!OperatingSystem.IsLinux())
            throw new OciException(OciErrorKind.Unsupported, "Writable layers need Linux.");
        string? below = initId;
        if (below is null && parent is { } chain)
        {
            var handle = await store.RequireAsync(chain, cancellationToken).ConfigureAwait(false);
            await using (handle.ConfigureAwait(false))
                below = handle.Layer.CacheId; // this layer's record keeps it
        }
        return await DiffSource.OpenAsync(store.Driver, mountId, below, needsLower, cancellationToken).ConfigureAwait(false);
    }

    private void Require()
    {
        if (!Directory.Exists(record))
            throw new OciException(OciErrorKind.NotFound, $"The writable layer {Name} was removed.");
    }
}
