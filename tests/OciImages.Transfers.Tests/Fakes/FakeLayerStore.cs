using OciImages.Layers;

namespace OciImages.Transfers.Tests.Fakes;

/// <summary>A layer store that keeps only what was committed, and checks what the real one checks: DiffID and parent.</summary>
internal sealed class FakeLayerStore : ILayerStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ChainId, LayerInfo> _layers = [];

    public string DriverName => "fake";

    public int MaxDepth => 125;

    /// <summary>The layers in the order of their commits.</summary>
    public List<DiffId> Committed { get; } = [];

    public int Staged { get; private set; }

    public int Discarded { get; private set; }

    public int HandlesHeld { get; private set; }

    /// <summary>Runs before a tar is read; throws to refuse it.</summary>
    public Func<Stream, CancellationToken, Task> BeforeStage { get; set; } = (_, _) => Task.CompletedTask;

    public async ValueTask<StagedLayer> StageAsync(Stream tar, DiffId? expected = null, CancellationToken cancellationToken = default)
    {
        await BeforeStage(tar, cancellationToken);
        var diffId = new DiffId(await Digest.ComputeAsync(tar, DigestAlgorithm.Sha256, cancellationToken));
        if (expected is { } wanted && wanted != diffId)
            throw new OciException(OciErrorKind.Corrupt, $"DiffID {diffId} instead of {wanted}.");
        lock (_lock)
            Staged++;
        return new FakeStagedLayer(this, diffId);
    }

    public ValueTask<LayerHandle?> AcquireAsync(ChainId chainId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return ValueTask.FromResult<LayerHandle?>(_layers.TryGetValue(chainId, out var layer) ? Hold(layer) : null);
    }

    public async IAsyncEnumerable<LayerInfo> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        foreach (var layer in _layers.Values)
            yield return layer;
    }

    public IAsyncEnumerable<LayerInfo> CollectAsync(bool dryRun = false, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    private FakeLayerHandle Hold(LayerInfo layer)
    {
        HandlesHeld++;
        return new FakeLayerHandle(this, layer);
    }

    private FakeLayerHandle Commit(DiffId diffId, ChainId? parent)
    {
        lock (_lock)
        {
            if (parent is { } below && !_layers.ContainsKey(below))
                throw new OciException(OciErrorKind.NotFound, $"No parent {below}.");
            var layer = new LayerInfo((parent ?? default).Append(diffId), diffId, parent, 1) { CacheId = diffId.Value.Hex };
            _layers[layer.ChainId] = layer;
            Committed.Add(diffId);
            return Hold(layer);
        }
    }

    private sealed class FakeStagedLayer(FakeLayerStore store, DiffId diffId) : StagedLayer
    {
        private bool _done;

        public override DiffId DiffId => diffId;

        public override long Size => 1;

        public override ValueTask<LayerHandle> CommitAsync(ChainId? parent, CancellationToken cancellationToken = default)
        {
            var handle = store.Commit(diffId, parent);
            _done = true;
            return ValueTask.FromResult<LayerHandle>(handle);
        }

        public override ValueTask DisposeAsync()
        {
            if (!_done)
            {
                lock (store._lock)
                    store.Discarded++;
            }
            _done = true;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class FakeLayerHandle(FakeLayerStore store, LayerInfo layer) : LayerHandle
    {
        private bool _released;

        public override LayerInfo Layer => layer;

        public override ValueTask<long> GetTarSizeAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override ValueTask<Stream> OpenTarAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override ValueTask<Mount> MountAsync(MountOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override ValueTask<IReadOnlyList<LayerInfo>> ReleaseAsync(CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override ValueTask DisposeAsync()
        {
            lock (store._lock)
            {
                if (!_released)
                    store.HandlesHeld--;
                _released = true;
            }
            return ValueTask.CompletedTask;
        }
    }
}
