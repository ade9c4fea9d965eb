using System.Runtime.CompilerServices;
using OciImages.IO;

namespace OciImages.Layers.Internal.Store;

/// <summary>Checks what a layer store promises. Findings that others could cause by working meanwhile are looked at again with the store's lock held.</summary>
internal sealed class LayerChecker(
    FileLayerStore store, LayerDbLayout layout, LayerReferences references, WholeLayers whole, FileWritableLayerStore writable, WriteSets writeSets,
    LayerRemover remover, LayerGate gate, FileLayerStoreOptions options)
{
    private const string StoreName = "layers";

    private ILayerCheck? DriverCheck => store.Driver as ILayerCheck;

    internal async IAsyncEnumerable<StoreFinding> CheckAsync(LayerCheckOptions check, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var finding in CheckDriver(check.Repair))
            yield return finding;
        await foreach (var finding in CheckRecordsAsync(check, cancellationToken).ConfigureAwait(false))
            yield return finding;
        foreach (string record in layout.ListMounts())
        {
            if (await FindWritableDamageAsync(record, cancellationToken).ConfigureAwait(false) is { } problem)
                yield return Finding(record, problem, StoreFindingSeverity.Damaged);
        }
        if (options.IsInUse is not null) // or else nobody knows of images
        {
            await foreach (var orphan in remover.CollectAsync(!check.Repair, cancellationToken).ConfigureAwait(false))
                yield return Finding(
                    layout.Layer(orphan.ChainId), $"Nothing refers to the layer {orphan.ChainId} ({orphan.Size} bytes).", StoreFindingSeverity.Waste,
                    "Removes the layer.") with { IsRepaired = check.Repair };
        }
        foreach (var finding in await FindUnknownAsync(cancellationToken).ConfigureAwait(false))
            yield return finding;
    }

    private IEnumerable<StoreFinding> CheckDriver(bool repair)
    {
        foreach (var (path, problem, severity, description, fix) in DriverCheck?.FindProblems() ?? [])
        {
            if (repair)
                fix();
            yield return Finding(path, problem, severity, description) with { IsRepaired = repair };
        }
    }

    private async IAsyncEnumerable<StoreFinding> CheckRecordsAsync(
        LayerCheckOptions check, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string path in Directory.Exists(layout.Layers) ? Directory.GetFileSystemEntries(layout.Layers) : [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (LayerDbLayout.IsRemoving(path))
                continue; // the start could not finish it, and has said why; another process may be at it
            if (LayerDbLayout.ChainOf(path) is not { } chain)
                yield return Finding(path, "It has not the name of a layer.", StoreFindingSeverity.Waste);
            else if (await FindDamageAsync(chain, check.Repair, cancellationToken).ConfigureAwait(false) is { } damage)
                yield return damage;
            else if (check.Deep && await FindChangedAsync(chain, cancellationToken).ConfigureAwait(false) is { } changed)
                yield return changed;
        }
    }

    private async ValueTask<StoreFinding?> FindDamageAsync(ChainId chain, bool repair, CancellationToken cancellationToken)
    {
        using (await gate.EnterMemoryAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await whole.FindProblemAsync(chain, cancellationToken).ConfigureAwait(false) is null)
                return null;
        }
        using (repair
            ? await gate.EnterAsync(cancellationToken).ConfigureAwait(false)
            : await gate.EnterReadingAsync(cancellationToken).ConfigureAwait(false))
        {
            string path = layout.Layer(chain);
            if (!Directory.Exists(path) || await whole.FindProblemAsync(chain, cancellationToken).ConfigureAwait(false) is not { } problem)
                return null;
            bool isReferred = references.CountDependents().GetValueOrDefault(chain) > 0 || references.IsHeld(chain)
                || options.IsInUse is null || await options.IsInUse(chain, cancellationToken).ConfigureAwait(false);
            if (isReferred)
                return Finding(path, $"The layer {chain} cannot be used: {problem} Pulling or loading an image with it repairs it.", StoreFindingSeverity.Damaged);
            if (repair)
                await remover.RemoveDamagedAsync(chain).ConfigureAwait(false);
            return Finding(
                path, $"The layer {chain} cannot be used, and nothing refers to it: {problem}", StoreFindingSeverity.Waste, "Removes the layer.")
                with { IsRepaired = repair };
        }
    }

    private async ValueTask<StoreFinding?> FindChangedAsync(ChainId chain, CancellationToken cancellationToken)
    {
        if (await store.AcquireAsync(chain, cancellationToken).ConfigureAwait(false) is not { } handle)
            return null;
        await using (handle.ConfigureAwait(false))
        {
            try
            {
                var tar = await handle.OpenTarAsync(cancellationToken).ConfigureAwait(false);
                await using (tar.ConfigureAwait(false))
                    await tar.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
                return null;
            }
            catch (OciException e)
            {
                return Finding(layout.Layer(chain), $"The tar of the layer {chain} cannot be rebuilt: {e.Message}", StoreFindingSeverity.Damaged);
            }
        }
    }

    private async ValueTask<string?> FindWritableDamageAsync(string record, CancellationToken cancellationToken)
    {
        var layer = writable.TryRead(record, out string? problem);
        if (layer is null)
            return problem is null ? null : $"The writable layer {Path.GetFileName(record)} cannot be used: {problem}";
        problem = !await store.Driver.ExistsAsync(layer.MountId, cancellationToken).ConfigureAwait(false)
            ? $"the driver {store.DriverName} has nothing for it"
            : layer.InitId is { } init && !await store.Driver.ExistsAsync(init, cancellationToken).ConfigureAwait(false)
                ? $"the driver {store.DriverName} has nothing for its init layer"
                : layer.Parent is { } parent && layout.TryRead(parent, out _) is null ? $"the layer {parent} below it is missing or damaged" : null;
        return problem is not null && Directory.Exists(record) ? $"The writable layer {layer.Name} cannot be used: {problem}." : null;
    }

    // Whoever makes a layer has a write set first: what the driver has and nobody names after that was left by somebody.
    private async ValueTask<List<StoreFinding>> FindUnknownAsync(CancellationToken cancellationToken)
    {
        var ids = DriverCheck?.ListIds().ToList() ?? [];
        var findings = new List<StoreFinding>();
        using (await gate.EnterReadingAsync(cancellationToken).ConfigureAwait(false))
        {
            var named = new HashSet<string>(writeSets.ListIds());
            foreach (string directory in Directory.Exists(layout.Layers) ? Directory.GetDirectories(layout.Layers) : [])
                Add(LayerDbLayout.ReadCacheId(directory));
            foreach (string record in layout.ListMounts())
            {
                var layer = writable.TryRead(record, out _);
                Add(layer?.MountId);
                Add(layer?.InitId);
            }
            foreach (var (id, path) in ids)
            {
                if (!named.Contains(id) && await store.Driver.ExistsAsync(id, cancellationToken).ConfigureAwait(false))
                    findings.Add(Finding(path, "No layer and no writable layer has it. It is not deleted on a guess.", StoreFindingSeverity.Waste));
            }
            foreach (string foreign in writeSets.ListForeign())
                findings.Add(Finding(foreign, "It is a layer in the making that another program left.", StoreFindingSeverity.Waste));

            void Add(string? id)
            {
                if (id is not null)
                    named.Add(id);
            }
        }
        return findings;
    }

    private static StoreFinding Finding(string path, string problem, StoreFindingSeverity severity, string? repair = null) =>
        new(StoreName, path, problem, severity, repair);
}
