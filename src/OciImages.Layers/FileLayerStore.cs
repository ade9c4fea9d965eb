using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.IO;
using OciImages.Layers.Drivers;
using OciImages.Layers.Internal;
using OciImages.Layers.Internal.Store;
using OciImages.Layers.TarSplit;

namespace OciImages.Layers;

/// <summary>
/// The layer store in Docker's own files (<c>layerdb</c>): dockerd and this class can open what the other wrote.
/// </summary>
/// <remarks>
/// <para>
/// A layer becomes visible with one rename, after everything of it is on the disk; it becomes invisible with one rename, before anything of
/// it is deleted. Whatever a process leaves that ends in between is cleaned by the first call of the next store, if a lock proves that
/// the process has ended. Disk is the truth: layers of other processes are found, and none is deleted that has a child on disk.
/// </para>
/// </remarks>
/// <threadsafety>Safe for concurrent use.</threadsafety>
public sealed class FileLayerStore : ILayerStore, IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private readonly LayerDbLayout _layout;
    private readonly FileLayerStoreOptions _options;
    private readonly ILogger _logger;
    private readonly WriteSets _writeSets;
    private readonly LayerReferences _references;
    private readonly WholeLayers _whole;
    private readonly LayerGate _gate;
    private readonly LayerRemover _remover;
    private readonly FileWritableLayerStore _writable;
    private readonly SemaphoreSlim _opening = new(1);
    private readonly KeyedLock<ChainId> _commits = new();
    private bool _isOpen;

    /// <summary>Makes the store; nothing is touched before the first call.</summary>
    /// <param name="layerDbRoot">The directory, <c>&lt;data root&gt;/image/&lt;driver&gt;/layerdb</c>; made when it is missing.</param>
    /// <param name="driver">Keeps the trees; not disposed.</param>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <param name="logger">Gets warnings and events; null for none.</param>
    public FileLayerStore(string layerDbRoot, IStorageDriver driver, FileLayerStoreOptions? options = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(driver);
        Driver = driver;
        _layout = new LayerDbLayout(Path.GetFullPath(layerDbRoot));
        _options = options ?? new FileLayerStoreOptions();
        _logger = logger ?? NullLogger.Instance;
        _writeSets = new WriteSets(_layout, driver, _logger);
        _references = new LayerReferences(_layout);
        _whole = new WholeLayers(_layout, driver, _references, _logger);
        _gate = new LayerGate(_layout, _options);
        _remover = new LayerRemover(_layout, driver, _references, _options, _gate, _logger);
        _writable = new FileWritableLayerStore(this, _layout, _writeSets, _gate, _remover, _logger);
    }

    /// <inheritdoc/>
    public string DriverName => Driver.Name;

    /// <summary>The writable layers on the layers of this store.</summary>
    public IWritableLayerStore WritableLayers => _writable;

    internal IStorageDriver Driver { get; }

    /// <inheritdoc/>
    public int MaxDepth => _options.MaxDepth;

    /// <inheritdoc/>
    public async ValueTask<StagedLayer> StageAsync(Stream tar, DiffId? expected = null, CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        _layout.Prepare();
        string cacheId = RandomNumberGenerator.GetHexString(64, lowercase: true);
        string writeSet = _writeSets.Create(cacheId);
        try
        {
            using var recorder = new LayerRecorder(Driver is ITarSource ? null : Path.Combine(writeSet, LayerDbLayout.TarSplitName));
            var tee = new TeeStream(tar, recorder.AppendAsync);
            await using (tee.ConfigureAwait(false))
            {
                long size = await Driver.StageAsync(cacheId, tee, cancellationToken).ConfigureAwait(false);
                await tee.DrainAsync(cancellationToken).ConfigureAwait(false);
                var diffId = recorder.Complete();
                if (expected is { } wanted && wanted != diffId)
                    throw new OciException(OciErrorKind.Corrupt, $"The layer's tar has the DiffID {diffId}, not {wanted}.");
                return new FileStagedLayer(this, cacheId, writeSet, diffId, size);
            }
        }
        catch
        {
            await _writeSets.DropAsync(writeSet, cacheId).ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LayerHandle?> AcquireAsync(ChainId chainId, CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        long start = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            using (await _gate.EnterMemoryAsync(cancellationToken).ConfigureAwait(false))
            {
                if (await _whole.FindAsync(chainId, cancellationToken).ConfigureAwait(false) is not { } layer)
                    return null;
                if (_references.TryAdd(layer))
                    return new FileLayerHandle(this, layer);
            }
            // Another process is about to remove it, or finds that it must not.
            if (_options.TimeProvider.GetElapsedTime(start) >= _options.LockTimeout)
                throw new StorageException(
                    OciErrorKind.Unavailable, $"Another process holds the layer {chainId} for itself.", _layout.CacheId(chainId));
            await Task.Delay(PollInterval, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LayerInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        foreach (var chain in _layout.List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Read(chain) is { } layer)
                yield return layer;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LayerInfo> CollectAsync(
        bool dryRun = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var layer in _remover.CollectAsync(dryRun, cancellationToken).ConfigureAwait(false))
            yield return layer;
    }

    /// <summary>
    /// Checks what the store promises: records, chains, what the driver has for each layer, orphans, and what nobody knows. It runs beside
    /// other work, and after the healing that the start does.
    /// </summary>
    /// <param name="options">What to look at, and whether to repair; null for a check of everything but file contents.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>What is wrong; nothing when all is well. Orphans are looked for if <see cref="FileLayerStoreOptions.IsInUse"/> is set.</returns>
    public async IAsyncEnumerable<StoreFinding> CheckAsync(
        LayerCheckOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        var checker = new LayerChecker(this, _layout, _references, _whole, _writable, _writeSets, _remover, _gate, _options);
        await foreach (var finding in checker.CheckAsync(options ?? new LayerCheckOptions(), cancellationToken).ConfigureAwait(false))
            yield return finding;
    }

    /// <summary>Ends the work with the store; handles must be disposed before. The driver stays open.</summary>
    /// <returns>A task.</returns>
    public ValueTask DisposeAsync()
    {
        _writeSets.Dispose();
        _references.Dispose();
        return ValueTask.CompletedTask;
    }

    internal async ValueTask<LayerHandle> CommitAsync(FileStagedLayer staged, ChainId? parent, CancellationToken cancellationToken)
    {
        // The handle keeps the parent while its child is made.
        var below = parent is { } chain ? await RequireAsync(chain, cancellationToken).ConfigureAwait(false) : null;
        try
        {
            CheckDepth(parent);
            var layer = new LayerInfo((parent ?? default).Append(staged.DiffId), staged.DiffId, parent, staged.Size) { CacheId = staged.CacheId };
            using (await _commits.EnterAsync(layer.ChainId, cancellationToken).ConfigureAwait(false))
            {
                var existing = await AcquireAsync(layer.ChainId, cancellationToken).ConfigureAwait(false);
                if (existing is null)
                {
                    await Driver.CommitAsync(staged.CacheId, below?.Layer.CacheId, cancellationToken).ConfigureAwait(false);
                    LayerDbLayout.Write(staged.WriteSet, layer);
                    existing = await PublishAsync(staged, layer, cancellationToken).ConfigureAwait(false);
                }
                await staged.DisposeAsync().ConfigureAwait(false);
                return existing;
            }
        }
        finally
        {
            if (below is not null)
                await below.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal ValueTask DropAsync(FileStagedLayer staged) => _writeSets.DropAsync(staged.WriteSet, staged.CacheId);

    internal async ValueTask<Stream> OpenTarAsync(LayerInfo layer, CancellationToken cancellationToken)
    {
        if (Driver is ITarSource source)
            return new VerifiedTarStream(await source.OpenTarAsync(layer.CacheId, cancellationToken).ConfigureAwait(false), layer);
        var records = OpenTarSplit(layer);
        return new VerifiedTarStream(TarSplitReader.OpenTar(records, OpenMemberAsync), layer);

        async ValueTask<Stream> OpenMemberAsync(ReadOnlyMemory<byte> name, CancellationToken token)
        {
            try
            {
                return await Driver.OpenFileAsync(layer.CacheId, name, token).ConfigureAwait(false);
            }
            catch (OciException e) when (e.Kind is OciErrorKind.NotFound)
            {
                throw new OciException(OciErrorKind.Corrupt, e.Message, e);
            }
        }
    }

    private FileStream OpenTarSplit(LayerInfo layer)
    {
        string path = _layout.TarSplit(layer.ChainId);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OciException(OciErrorKind.Corrupt, $"The layer {layer.ChainId} cannot be rebuilt: {path} is missing.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "open the file", path);
        }
    }

    internal async ValueTask<long> GetTarSizeAsync(LayerInfo layer, CancellationToken cancellationToken)
    {
        if (Driver is not ITarSource source)
            return await MeasureAsync(layer, cancellationToken).ConfigureAwait(false);
        var tar = await source.OpenTarAsync(layer.CacheId, cancellationToken).ConfigureAwait(false);
        await using (tar.ConfigureAwait(false))
            return tar.Length;
    }

    private async ValueTask<long> MeasureAsync(LayerInfo layer, CancellationToken cancellationToken)
    {
        try
        {
            return await TarSplitReader.MeasureAsync(OpenTarSplit(layer), cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            throw VerifiedTarStream.CannotRebuild(layer, e);
        }
    }

    internal async ValueTask LetGoAsync(ChainId chain)
    {
        using (await _gate.EnterMemoryAsync(CancellationToken.None).ConfigureAwait(false))
            _references.Remove(chain);
    }

    internal async ValueTask<IReadOnlyList<LayerInfo>> ReleaseAsync(LayerInfo layer, CancellationToken cancellationToken)
    {
        await LetGoAsync(layer.ChainId).ConfigureAwait(false);
        return await _remover.RemoveChainAsync(layer.ChainId, cancellationToken).ConfigureAwait(false);
    }

    // Makes a layer visible, unless another process was faster: then its layer is the one.
    private async ValueTask<LayerHandle> PublishAsync(FileStagedLayer staged, LayerInfo layer, CancellationToken cancellationToken)
    {
        using var held = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (await _whole.FindAsync(layer.ChainId, cancellationToken).ConfigureAwait(false) is { } theirs)
            return Hold(theirs);
        if (layer.Parent is { } parent && Read(parent) is null)
            throw new OciException(OciErrorKind.NotFound, $"The layer {parent} was removed while another was put on it.");
        string target = _layout.Layer(layer.ChainId);
        if (Directory.Exists(target))
            await _remover.RemoveDamagedAsync(layer.ChainId).ConfigureAwait(false);
        StoreFiles.Guard("make the layer visible", target, () =>
        {
            Directory.Move(staged.WriteSet, target);
            return true;
        });
        staged.SetCommitted();
        DurableFile.SyncDirectory(_layout.Layers);
        _logger.Committed(layer.ChainId.ToString(), layer.CacheId);
        return Hold(layer);
    }

    private void CheckDepth(ChainId? parent)
    {
        int depth = 1;
        for (var chain = parent; chain is { } below; chain = _layout.ReadParent(below))
        {
            if (++depth > _options.MaxDepth)
                throw new OciException(OciErrorKind.InvalidInput, $"Max depth exceeded: the chain would have more than {_options.MaxDepth} layers.");
        }
    }

    internal async ValueTask<LayerHandle> RequireAsync(ChainId chain, CancellationToken cancellationToken) =>
        await AcquireAsync(chain, cancellationToken).ConfigureAwait(false)
        ?? throw new OciException(OciErrorKind.NotFound, $"There is no layer {chain}.");

    // With the gate held nobody removes layers, so that nothing is in the way.
    private FileLayerHandle Hold(LayerInfo layer) => _references.TryAdd(layer)
        ? new FileLayerHandle(this, layer)
        : throw new StorageException(OciErrorKind.Unavailable, $"Another process holds the layer {layer.ChainId} for itself.", _layout.CacheId(layer.ChainId));

    private LayerInfo? Read(ChainId chain) => _whole.Read(chain);

    internal async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _isOpen))
            return;
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isOpen)
                return;
            await HealAsync(cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _isOpen, true);
        }
        finally
        {
            _opening.Release();
        }
    }

    // Also on a disk that can only be read: what is whole can be used.
    private async ValueTask HealAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _writeSets.SweepAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OciException or IOException or UnauthorizedAccessException)
        {
            _logger.LeftoverStays(e.Message);
        }
        foreach (string directory in _layout.ListRemoving())
        {
            try
            {
                await _remover.FinishAsync(directory).ConfigureAwait(false);
            }
            catch (OciException e)
            {
                _logger.LeftoverStays(e.Message);
            }
        }
    }
}
