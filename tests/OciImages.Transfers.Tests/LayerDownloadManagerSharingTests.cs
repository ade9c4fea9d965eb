using OciImages.Content.Memory;
using OciImages.Transfers.Tests.Fakes;

namespace OciImages.Transfers.Tests;

/// <summary>One transfer per layer however many callers want it, cancelled only when the last one leaves.</summary>
public sealed class LayerDownloadManagerSharingTests : IDisposable
{
    private readonly FakeRepository _repository = new();
    private readonly FakeLayerStore _layers = new();
    private readonly LayerDownloadManager _manager;
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _served;

    public LayerDownloadManagerSharingTests()
    {
        _manager = new LayerDownloadManager(new MemoryContentStore(), _layers);
        _repository.Serve = async (content, offset, cancellationToken) =>
        {
            _served = cancellationToken;
            await _gate.Task.WaitAsync(cancellationToken);
            return new MemoryStream(content, (int)offset, content.Length - (int)offset);
        };
    }

    public void Dispose() => _manager.Dispose();

    [Fact]
    public async Task DownloadAsync_ManyCallers_TransferOnce()
    {
        var layers = AddLayers(3);
        var downloads = Enumerable.Range(0, 10).Select(_ => _manager.DownloadAsync(_repository, layers)).ToList();
        _gate.SetResult();

        var chains = await Task.WhenAll(downloads);

        Assert.Equal(3, _repository.Reads.Count);
        Assert.Equal(3, _layers.Committed.Count);
        Assert.Equal(10, _layers.HandlesHeld);
        foreach (var chain in chains)
            await chain.DisposeAsync();
        Assert.Equal(0, _layers.HandlesHeld);
    }

    [Fact]
    public async Task DownloadAsync_OneOfTwoCallersCancels_TheOtherGetsItsLayers()
    {
        var layers = AddLayers(2);
        using var cancellation = new CancellationTokenSource();
        var leaving = _manager.DownloadAsync(_repository, layers, null, cancellation.Token);
        var staying = _manager.DownloadAsync(_repository, layers);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        _gate.SetResult();
        await using var chain = await staying;

        Assert.Equal(2, _repository.Reads.Count);
    }

    [Fact]
    public async Task DownloadAsync_LastCallerCancels_TransferEndsAndHoldsNothing()
    {
        var layers = AddLayers(1);
        var progress = new RecordingProgress();
        using var cancellation = new CancellationTokenSource();
        var download = _manager.DownloadAsync(_repository, layers, progress, cancellation.Token);
        await progress.SeenAsync(layers[0], TransferPhase.Transferring);
        while (_repository.Reads.IsEmpty)
            await Task.Yield();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);

        Assert.True(_served.IsCancellationRequested);
        Assert.Equal(0, _layers.HandlesHeld);
        Assert.Empty(_layers.Committed);
    }

    [Fact]
    public async Task DownloadAsync_AfterACancelledTransfer_StartsAFreshOne()
    {
        var layers = AddLayers(1);
        using var cancellation = new CancellationTokenSource();
        var first = _manager.DownloadAsync(_repository, layers, null, cancellation.Token);
        await cancellation.CancelAsync();
        var second = _manager.DownloadAsync(_repository, layers);
        _gate.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await using var chain = await second;
        Assert.NotNull(chain.Top);
    }

    [Fact]
    public async Task DownloadAsync_LateCaller_HearsWhereTheTransferIs()
    {
        var layers = AddLayers(1);
        var early = new RecordingProgress();
        var first = _manager.DownloadAsync(_repository, layers, early);
        await early.SeenAsync(layers[0], TransferPhase.Transferring);

        var late = new RecordingProgress();
        var second = _manager.DownloadAsync(_repository, layers, late);
        _gate.SetResult();
        await using var chain1 = await first;
        await using var chain2 = await second;

        Assert.Equal(TransferPhase.Transferring, late.PhasesOf(layers[0])[0]);
        Assert.Equal(TransferPhase.Complete, late.PhasesOf(layers[0])[^1]);
    }

    [Fact]
    public async Task DownloadAsync_ImagesSharingABase_TransferTheBaseOnce()
    {
        var layers = AddLayers(3);
        var one = _manager.DownloadAsync(_repository, [layers[0], layers[1]]);
        var two = _manager.DownloadAsync(_repository, [layers[0], layers[2]]);
        _gate.SetResult();

        await using var chain1 = await one;
        await using var chain2 = await two;

        Assert.Equal(3, _repository.Reads.Count);
        Assert.NotEqual(chain1.Top!.ChainId, chain2.Top!.ChainId);
    }

    private LayerDownload[] AddLayers(int count) =>
        [.. Enumerable.Range(0, count).Select(i => _repository.Add([0, (byte)i, 1, 2, 3, 4, 5, 6, 7, 8]))];
}
