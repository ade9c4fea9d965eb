using System.IO.Pipelines;
using Microsoft.Extensions.Time.Testing;
using OciImages.Content;
using OciImages.Content.Memory;
using OciImages.Registry;
using OciImages.Transfers.Tests.Fakes;

namespace OciImages.Transfers.Tests;

public class LayerDownloadManagerTests
{
    private readonly FakeRepository _repository = new();
    private readonly FakeLayerStore _layers = new();
    private readonly MemoryContentStore _content = new();
    private readonly RecordingProgress _progress = new();
    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.Zero };

    [Fact]
    public async Task DownloadAsync_NewLayers_CommitsThemParentFirstAndKeepsBlobs()
    {
        var layers = AddLayers(5);
        using var manager = CreateManager();

        await using var chain = await manager.DownloadAsync(_repository, layers, _progress);

        Assert.Equal(layers.Select(layer => layer.DiffId), _layers.Committed);
        Assert.Equal(ChainId.Of([.. layers.Select(layer => layer.DiffId)]), chain.Top!.ChainId);
        Assert.Equal(0, chain.ExistingLayers);
        foreach (var layer in layers)
            Assert.NotNull(await _content.FindAsync(layer.Blob.Digest));
    }

    [Fact]
    public async Task DownloadAsync_NewLayer_ReportsPhasesInOrder()
    {
        var layers = AddLayers(1);
        using var manager = CreateManager();

        await using var chain = await manager.DownloadAsync(_repository, layers, _progress);

        TransferPhase[] expected =
        [
            TransferPhase.Queued, TransferPhase.Transferring, TransferPhase.Verifying, TransferPhase.Transferred, TransferPhase.Extracting, TransferPhase.Complete,
        ];
        Assert.Equal(expected, _progress.PhasesOf(layers[0]));
        Assert.Equal(layers[0].Blob.Size, _progress.Reports.Last().Current);
    }

    [Fact]
    public async Task DownloadAsync_NoLayers_ReturnsEmptyChain()
    {
        using var manager = CreateManager();
        await using var chain = await manager.DownloadAsync(_repository, []);
        Assert.Null(chain.Top);
    }

    [Fact]
    public async Task DownloadAsync_LayersPresent_AsksTheRegistryForNothing()
    {
        var layers = AddLayers(3);
        using var manager = CreateManager();
        await (await manager.DownloadAsync(_repository, layers[..2])).DisposeAsync();
        int before = _repository.Reads.Count;

        await using var chain = await manager.DownloadAsync(_repository, layers[..2], _progress);

        Assert.Equal(before, _repository.Reads.Count);
        Assert.Equal(2, chain.ExistingLayers);
        Assert.Equal([TransferPhase.AlreadyExists], _progress.PhasesOf(layers[0]));
    }

    [Fact]
    public async Task DownloadAsync_BasePresent_DownloadsOnlyTheRest()
    {
        var layers = AddLayers(3);
        using var manager = CreateManager();
        await (await manager.DownloadAsync(_repository, layers[..2])).DisposeAsync();

        await using var chain = await manager.DownloadAsync(_repository, layers);

        Assert.Equal(2, chain.ExistingLayers);
        Assert.Equal(layers[2].Blob.Digest, _repository.Reads.Last().Digest);
        Assert.Equal(3, _repository.Reads.Count);
    }

    [Fact]
    public async Task DownloadAsync_ChainDisposed_HoldsNoHandles()
    {
        var layers = AddLayers(3);
        using var manager = CreateManager();
        var chain = await manager.DownloadAsync(_repository, layers);
        Assert.Equal(1, _layers.HandlesHeld);
        await chain.DisposeAsync();
        Assert.Equal(0, _layers.HandlesHeld);
    }

    [Fact]
    public async Task DownloadAsync_SameBlobTwiceInOneImage_FetchesItOnce()
    {
        var layer = AddLayers(1)[0];
        using var manager = CreateManager();

        await using var chain = await manager.DownloadAsync(_repository, [layer, layer, layer]);

        Assert.Single(_repository.Reads);
        Assert.Equal(3, _layers.Committed.Count);
    }

    [Fact]
    public async Task DownloadAsync_MoreLayersThanPlaces_NeverOpensMoreThanThree()
    {
        var layers = AddLayers(12);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _repository.Serve = async (content, offset, cancellationToken) =>
        {
            await gate.Task.WaitAsync(cancellationToken);
            return new MemoryStream(content, (int)offset, content.Length - (int)offset);
        };
        using var manager = CreateManager();

        var download = manager.DownloadAsync(_repository, layers, _progress);
        await Task.WhenAll(layers.Skip(3).Select(layer => _progress.SeenAsync(layer, TransferPhase.Waiting)));
        gate.SetResult();
        await using var chain = await download;

        Assert.Equal(3, _repository.MostOpenAtOnce);
        // The base goes first: extraction can be committed while the rest arrives.
        Assert.Equal(layers.Take(3).Select(layer => layer.Blob.Digest), _repository.Reads.Take(3).Select(read => read.Digest));
    }

    [Fact]
    public async Task DownloadAsync_TamperedBlob_IsTriedAgainFromTheStart()
    {
        var layers = AddLayers(1);
        int served = 0;
        _repository.Serve = (content, offset, _) =>
        {
            byte[] bytes = [.. content];
            if (served++ == 0)
                bytes[^1] ^= 1;
            return Task.FromResult<Stream>(new MemoryStream(bytes, (int)offset, bytes.Length - (int)offset));
        };
        using var manager = CreateManager();

        await using var chain = await RunAdvancingTimeAsync(manager.DownloadAsync(_repository, layers, _progress));

        Assert.Equal([0L, 0L], _repository.Reads.Select(read => read.Offset));
        Assert.Contains(TransferPhase.Retrying, _progress.PhasesOf(layers[0]));
        Assert.Equal(0, _layers.Discarded + _layers.Staged - _layers.Committed.Count);
    }

    [Fact]
    public async Task DownloadAsync_BlobAlwaysTampered_GivesUpAfterTheAttempts()
    {
        var layers = AddLayers(1);
        _repository.Serve = (content, _, _) => Task.FromResult<Stream>(new MemoryStream([.. content[..^1], (byte)~content[^1]]));
        using var manager = CreateManager();

        var error = await Assert.ThrowsAnyAsync<OciException>(() => RunAdvancingTimeAsync(manager.DownloadAsync(_repository, layers)));

        Assert.Equal(OciErrorKind.Corrupt, error.Kind);
        Assert.Equal(5, _repository.Reads.Count);
        Assert.Empty(_layers.Committed);
        Assert.Null(await _content.FindAsync(layers[0].Blob.Digest));
    }

    [Fact]
    public async Task DownloadAsync_RegistryGaveUp_IsNotTriedAgain()
    {
        var layers = AddLayers(1);
        _repository.Serve = (_, _, _) => throw new RegistryException(OciErrorKind.Unavailable, "The registry is down.");
        using var manager = CreateManager();

        await Assert.ThrowsAsync<RegistryException>(() => manager.DownloadAsync(_repository, layers));

        Assert.Single(_repository.Reads);
    }

    [Fact]
    public async Task DownloadAsync_AfterACut_ContinuesAtTheByteItHas()
    {
        var layers = AddLayers(1, size: 1_000_000);
        _repository.Serve = (content, _, _) =>
            Task.FromResult<Stream>(new CutStream(content, 700_000, new RegistryException(OciErrorKind.Unavailable, "The connection was cut.")));
        using (var first = CreateManager())
            await Assert.ThrowsAsync<RegistryException>(() => first.DownloadAsync(_repository, layers));
        _repository.Serve = new FakeRepository().Serve;

        using var second = CreateManager();
        await using var chain = await second.DownloadAsync(_repository, layers);

        Assert.Equal([0L, 700_000L], _repository.Reads.Select(read => read.Offset));
        Assert.Single(_layers.Committed);
    }

    [Fact]
    public async Task DownloadAsync_IngestLongerThanTheBlob_StartsAnew()
    {
        var layers = AddLayers(1);
        await using (var writer = await _content.OpenWriterAsync($"blob-{layers[0].Blob.Digest}"))
            await writer.Output.WriteAsync(new byte[layers[0].Blob.Size + 1]);
        using var manager = CreateManager();

        await using var chain = await manager.DownloadAsync(_repository, layers);

        Assert.Equal([0L], _repository.Reads.Select(read => read.Offset));
    }

    [Fact]
    public async Task DownloadAsync_IngestOpenElsewhere_WaitsForItAndUsesItsBytes()
    {
        var layers = AddLayers(1);
        var other = await _content.OpenWriterAsync($"blob-{layers[0].Blob.Digest}");
        using var manager = CreateManager();
        var download = manager.DownloadAsync(_repository, layers, _progress);
        await _progress.SeenAsync(layers[0], TransferPhase.Waiting);
        await other.Output.WriteAsync(Content(0, 1000).AsMemory(0, 400));
        await other.DisposeAsync();

        await using var chain = await RunAdvancingTimeAsync(download);

        Assert.Equal([400L], _repository.Reads.Select(read => read.Offset));
    }

    [Fact]
    public async Task DownloadAsync_IngestHeldAndNotMoving_GivesUpAndNamesIt()
    {
        var layers = AddLayers(1);
        await using var other = await _content.OpenWriterAsync($"blob-{layers[0].Blob.Digest}");
        using var manager = CreateManager(options => options.MaxAttempts = 1);

        var error = await Assert.ThrowsAsync<OciException>(() => RunAdvancingTimeAsync(manager.DownloadAsync(_repository, layers)));

        Assert.Equal(OciErrorKind.Unavailable, error.Kind);
        Assert.Contains(layers[0].Blob.Digest.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadAsync_PresentBlobOfAnotherSize_IsCorrupt()
    {
        var layers = AddLayers(1);
        using (var first = CreateManager())
            await (await first.DownloadAsync(_repository, layers)).DisposeAsync();
        using var manager = new LayerDownloadManager(_content, new FakeLayerStore());

        var error = await Assert.ThrowsAsync<OciException>(() => manager.DownloadAsync(
            _repository, [layers[0] with { Blob = layers[0].Blob with { Size = 1 } }]));

        Assert.Equal(OciErrorKind.Corrupt, error.Kind);
    }

    [Fact]
    public async Task DownloadAsync_MoreLayersThanAChainMayHave_FetchesNothing()
    {
        var layer = AddLayers(1)[0];
        using var manager = CreateManager();

        var error = await Assert.ThrowsAsync<OciException>(() => manager.DownloadAsync(_repository, [.. Enumerable.Repeat(layer, 126)]));

        Assert.Contains("Max depth exceeded", error.Message, StringComparison.Ordinal);
        Assert.Empty(_repository.Reads);
    }

    [Fact]
    public async Task DownloadAsync_ProgressThatThrows_DoesNotEndTheTransfer()
    {
        var layers = AddLayers(2);
        using var manager = CreateManager();
        await using var chain = await manager.DownloadAsync(_repository, layers, new ThrowingProgress());
        Assert.Equal(2, _layers.Committed.Count);
    }

    [Fact]
    public async Task DownloadAsync_LayerRefused_ReportsTheRefusalAndCommitsNothing()
    {
        var layers = AddLayers(2);
        _layers.BeforeStage = (tar, _) => throw new OciException(OciErrorKind.InvalidInput, "The tar leads out.");
        using var manager = CreateManager();

        var error = await Assert.ThrowsAsync<OciException>(() => manager.DownloadAsync(_repository, layers));

        Assert.Equal("The tar leads out.", error.Message);
        Assert.Empty(_layers.Committed);
    }

    [Fact]
    public async Task DownloadAsync_DiskFullWhileUnpacking_FetchesNoMoreAndKeepsWhatCame()
    {
        var layers = AddLayers(1);
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[10]);
        _repository.Serve = (_, _, _) => Task.FromResult(pipe.Reader.AsStream());
        _layers.BeforeStage = async (tar, cancellationToken) =>
        {
            await tar.ReadExactlyAsync(new byte[10], cancellationToken);
            throw new StorageException(OciErrorKind.Unavailable, "No space left.", "/full");
        };
        using var manager = CreateManager();

        var error = await Assert.ThrowsAsync<StorageException>(() => manager.DownloadAsync(_repository, layers));

        Assert.Equal("No space left.", error.Message);
        Assert.Single(_repository.Reads);
        Assert.Equal(10, (await _content.ListIngestsAsync().ToListAsync()).Single().Offset);
    }

    [Fact]
    public async Task DownloadAsync_UpperLayerFails_DiscardsWhatIsStaged()
    {
        var layers = AddLayers(2);
        var upperStaged = new TaskCompletionSource();
        _repository.Serve = async (content, offset, cancellationToken) =>
        {
            if (Digest.Compute(content) == layers[0].Blob.Digest)
            {
                await upperStaged.Task.WaitAsync(cancellationToken);
                throw new RegistryException(OciErrorKind.NotFound, "The base is gone.");
            }
            return new MemoryStream(content);
        };
        using var manager = CreateManager();

        var download = manager.DownloadAsync(_repository, layers, _progress);
        await _progress.SeenAsync(layers[1], TransferPhase.Extracting);
        upperStaged.SetResult();

        await Assert.ThrowsAsync<RegistryException>(() => download);
        Assert.Equal(1, _layers.Staged);
        Assert.Equal(1, _layers.Discarded);
    }

    [Fact]
    public async Task DownloadAsync_UnpacksToMoreThanAllowed_IsRefused()
    {
        var layers = AddLayers(1, size: 100_000);
        using var manager = CreateManager(options =>
        {
            options.MaxUnpackedSize = 50_000;
            options.MaxUnpackRatio = 0;
        });

        var error = await Assert.ThrowsAsync<OciException>(() => manager.DownloadAsync(_repository, layers));

        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Contains("50000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadAsync_BlobsNotKept_LeavesNone()
    {
        var layers = AddLayers(2);
        using var manager = CreateManager(options => options.KeepLayerBlobs = false);

        await using var chain = await manager.DownloadAsync(_repository, layers);

        Assert.Empty(await _content.ListAsync().ToListAsync());
    }

    private LayerDownloadManager CreateManager(Action<TransferOptions>? configure = null)
    {
        var options = new TransferOptions { TimeProvider = _time };
        configure?.Invoke(options);
        return new LayerDownloadManager(_content, _layers, options);
    }

    private LayerDownload[] AddLayers(int count, int size = 1000) => [.. Enumerable.Range(0, count).Select(i => _repository.Add(Content(i, size)))];

    private static byte[] Content(int seed, int size)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        bytes[0] = 0; // no compression's magic
        return bytes;
    }

    private async Task<T> RunAdvancingTimeAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        return await task;
    }

    private sealed class ThrowingProgress : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => throw new InvalidOperationException("A listener's own fault.");
    }
}
