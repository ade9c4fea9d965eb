using OciImages.Layers.Drivers;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Store;

/// <summary>
/// Works on a store until it is killed, beside others, and logs as a host would keep images: a line before a new layer's handle goes, a line before
/// a layer is given up. The log is what tells the store of all processes what is in use.
/// </summary>
internal sealed class LayerWorker(string root, int seed)
{
    private readonly Random _random = new(seed);
    private int _count;

    internal static string ReadyFile(string root, int processId) => Path.Combine(root, $"ready-{processId}");

    private static string LogFile(string root) => Path.Combine(root, "kept.log");

    /// <summary>The layers that are to be there.</summary>
    internal static HashSet<ChainId> ReadKept(string root)
    {
        var kept = new HashSet<ChainId>();
        if (!File.Exists(LogFile(root)))
            return kept;
        foreach (string line in File.ReadLines(LogFile(root)))
        {
            if (line.Length == 0 || !Digest.TryParse(line.AsSpan(1).ToString(), out var digest))
                continue; // killed while writing it: not acknowledged
            if (line[0] == '+')
                kept.Add(new ChainId(digest));
            else
                kept.Remove(new ChainId(digest));
        }
        return kept;
    }

    internal static FileLayerStore Open(string root, IStorageDriver driver) => new(
        Path.Combine(root, "image/overlay2/layerdb"), driver,
        new FileLayerStoreOptions { IsInUse = (chain, _) => ValueTask.FromResult(ReadKept(root).Contains(chain)) });

    internal async Task RunAsync()
    {
        await using var driver = new Overlay2Driver(Path.Combine(root, "overlay2"));
        await using var store = Open(root, driver);
        await File.WriteAllTextAsync(ReadyFile(root, Environment.ProcessId), "");
        while (true)
        {
            try
            {
                await WorkAsync(store);
            }
            catch (OciException e) when (e.Kind is OciErrorKind.NotFound)
            {
                // Another process removed the parent that was picked.
            }
        }
    }

    private Task WorkAsync(FileLayerStore store) => _random.Next(ReadKept(root).Count > 20 ? 6 : 4) switch
    {
        0 or 1 => AddAsync(store),
        2 => CommitWritableAsync(store),
        _ => RemoveAsync(store),
    };

    private ChainId? Pick()
    {
        var kept = ReadKept(root);
        return kept.Count == 0 || _random.Next(3) == 0 ? null : kept.ElementAt(_random.Next(kept.Count));
    }

    private TarBuilder Tar()
    {
        var tar = new TarBuilder();
        for (int i = _random.Next(20); i >= 0; i--)
            tar.File($"d{i % 3}/f{_random.Next()}", new byte[_random.Next(20_000)]);
        return tar;
    }

    private async Task AddAsync(FileLayerStore store)
    {
        await using var staged = await store.StageAsync(Tar().ToStream());
        await using var handle = await staged.CommitAsync(Pick());
        Keep(handle.Layer.ChainId);
    }

    private async Task CommitWritableAsync(FileLayerStore store)
    {
        string name = $"w{Environment.ProcessId}-{_count++}";
        var layer = await store.WritableLayers.CreateAsync(name, Pick(), new WritableLayerOptions { Initialize = DockerInitLayer.FillAsync });
        await using (var mount = await layer.MountAsync())
            await File.WriteAllTextAsync(Path.Combine(mount.Path, name), name);
        await using (var handle = await layer.CommitAsync())
            Keep(handle.Layer.ChainId);
        await store.WritableLayers.RemoveAsync(name);
    }

    private async Task RemoveAsync(FileLayerStore store)
    {
        if (Pick() is not { } chain)
            return;
        Log('-', chain);
        if (await store.AcquireAsync(chain) is { } handle)
            await handle.ReleaseAsync();
    }

    private void Keep(ChainId chain) => Log('+', chain);

    // In one write, which O_APPEND keeps apart from others'.
    private void Log(char sign, ChainId chain)
    {
        using var log = new FileStream(LogFile(root), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        log.Write(System.Text.Encoding.ASCII.GetBytes($"\n{sign}{chain}\n"));
    }
}
