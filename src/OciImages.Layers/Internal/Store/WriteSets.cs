using Microsoft.Extensions.Logging;

namespace OciImages.Layers.Internal.Store;

/// <summary>
/// Directories of layers in the making, <c>tmp/write-set-&lt;session&gt;-&lt;cache-id&gt;</c>: the name alone tells which process works on it
/// and what the driver has for it, so that nothing of an ended process stays, whenever it ended.
/// </summary>
internal sealed class WriteSets(LayerDbLayout layout, IStorageDriver driver, ILogger logger) : IDisposable
{
    private const string Prefix = "write-set-"; // Docker's; it ignores them
    private readonly Lock _lock = new();
    private Session? _session;

    /// <summary>Makes the directory for a layer, before the driver makes anything.</summary>
    internal string Create(string cacheId)
    {
        string path = NameFor(cacheId);
        StoreFiles.MakeNewDirectory(path, StoreFiles.PrivateDirectory);
        return path;
    }

    /// <summary>The name of a directory for a layer, which says that this process works on it.</summary>
    internal string NameFor(string cacheId) => Path.Combine(layout.Temporary, $"{Prefix}{Start().Name}-{cacheId}");

    /// <summary>Removes a layer in the making, or the rest of a writable one, with its init layer. The directory goes last: as long as anything is there, it is known.</summary>
    internal async ValueTask DropAsync(string path, string cacheId)
    {
        try
        {
            await driver.RemoveAsync(cacheId, CancellationToken.None).ConfigureAwait(false);
            await driver.RemoveAsync(cacheId + LayerId.InitSuffix, CancellationToken.None).ConfigureAwait(false);
            LayerDbLayout.Delete(path);
        }
        catch (Exception e) when (e is OciException or IOException or UnauthorizedAccessException)
        {
            logger.LeftoverStays(e.Message);
        }
    }

    /// <summary>The driver's ids of all layers in the making, of init layers too.</summary>
    internal IEnumerable<string> ListIds()
    {
        foreach (string path in List())
        {
            if (TrySplit(path, out _, out string cacheId))
            {
                yield return cacheId;
                yield return cacheId + LayerId.InitSuffix;
            }
        }
    }

    /// <summary>Layers in the making that are not of this library's processes: dockerd's.</summary>
    internal IEnumerable<string> ListForeign() => List().Where(path => !TrySplit(path, out _, out _));

    /// <summary>Removes what ended processes left.</summary>
    internal async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(layout.Temporary))
            return;
        bool all = true;
        foreach (string path in List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Others are dockerd's.
            if (!TrySplit(path, out string session, out string cacheId) || !Session.IsDead(layout.Temporary, session))
                continue;
            await DropAsync(path, cacheId).ConfigureAwait(false);
            if (Directory.Exists(path))
                all = false;
            else
                logger.LeftStagingRemoved(cacheId);
        }
        if (all)
            Session.Forget(layout.Temporary);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _session?.Dispose();
            _session = null;
        }
    }

    private string[] List() => Directory.Exists(layout.Temporary) ? Directory.GetDirectories(layout.Temporary, $"{Prefix}*") : [];

    private static bool TrySplit(string path, out string session, out string cacheId)
    {
        bool isOurs = Session.TrySplit(Path.GetFileName(path.AsSpan())[Prefix.Length..], out var name, out var rest);
        (session, cacheId) = (name.ToString(), rest.ToString());
        return isOurs && LayerId.IsValid(cacheId);
    }

    private Session Start()
    {
        lock (_lock)
            return _session ??= Session.Start(layout.Temporary);
    }
}
