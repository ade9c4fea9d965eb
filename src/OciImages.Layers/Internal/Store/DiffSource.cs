using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using OciImages.Layers.Diff;
using OciImages.Layers.Drivers;

namespace OciImages.Layers.Internal.Store;

/// <summary>What reads the changes of a writable layer, with the mounts that it needs.</summary>
[SuppressMessage("Interoperability", "CA1416", Justification = "It is made on Linux only.")]
internal sealed class DiffSource : IAsyncDisposable
{
    private readonly TreeDiffer _differ;
    private readonly Mount? _lower;
    private readonly Mount? _upper;

    private DiffSource(TreeDiffer differ, Mount? lower, Mount? upper)
    {
        _differ = differ;
        _lower = lower;
        _upper = upper;
    }

    /// <summary>Asks the driver for the changes, or compares the trees.</summary>
    /// <param name="driver">Has the layers.</param>
    /// <param name="id">A writable layer.</param>
    /// <param name="below">The layer it stands on; null for none.</param>
    /// <param name="needsLower">Whether changes are to be listed.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [SupportedOSPlatform("linux")]
    internal static async ValueTask<DiffSource> OpenAsync(
        IStorageDriver driver, string id, string? below, bool needsLower, CancellationToken cancellationToken)
    {
        Mount? lower = null, upper = null;
        try
        {
            if (needsLower)
                lower = await MountLowerAsync().ConfigureAwait(false);
            if (driver is IDiffProvider provider
                && await provider.FindDifferAsync(id, lower?.Path, cancellationToken).ConfigureAwait(false) is { } own)
                return new DiffSource(own, lower, null);
            lower ??= await MountLowerAsync().ConfigureAwait(false);
            // Not read-only: a writable layer may be mounted already, and is then shared.
            upper = await driver.MountAsync(id, new MountOptions { ReadOnly = false }, cancellationToken).ConfigureAwait(false);
            return new DiffSource(TreeDiffer.OfTrees(lower?.Path, upper.Path), lower, upper);
        }
        catch
        {
            await DisposeAsync(upper).ConfigureAwait(false);
            await DisposeAsync(lower).ConfigureAwait(false);
            throw;
        }

        async ValueTask<Mount?> MountLowerAsync() =>
            below is null ? null : await driver.MountAsync(below, null, cancellationToken).ConfigureAwait(false);
    }

    internal Stream OpenDiff() => _differ.OpenDiff();

    internal ValueTask<long> GetSizeAsync(CancellationToken cancellationToken) => _differ.GetSizeAsync(cancellationToken);

    internal async ValueTask<IReadOnlyList<TreeChange>> GetChangesAsync(CancellationToken cancellationToken)
    {
        var changes = new List<TreeChange>();
        await foreach (var change in _differ.ListChangesAsync(cancellationToken).ConfigureAwait(false))
            changes.Add(change);
        return changes;
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeAsync(_upper).ConfigureAwait(false);
        await DisposeAsync(_lower).ConfigureAwait(false);
    }

    private static ValueTask DisposeAsync(Mount? mount) => mount?.DisposeAsync() ?? ValueTask.CompletedTask;
}
