using OciImages.Content;
using OciImages.Content.Memory;
using OciImages.Registry;
using OciImages.Transfers.Tests.Fakes;

namespace OciImages.Transfers.Tests;

public sealed class LayerUploadManagerTests : IDisposable
{
    private readonly MemoryContentStore _content = new();
    private readonly FakeRepository _target = new();
    private readonly RecordingProgress _progress = new();
    private readonly LayerUploadManager _manager;

    public LayerUploadManagerTests() => _manager = new LayerUploadManager(_content, new TransferOptions { MaxConcurrentUploads = 2, ProgressInterval = TimeSpan.Zero });

    public void Dispose() => _manager.Dispose();

    [Fact]
    public async Task Upload_EachOutcome_IsToldInOrder()
    {
        var from = RepositoryName.Parse("registry.example/base");
        var sent = await AddAsync("sent");
        var there = await AddAsync("there");
        var mounted = await AddAsync("mounted") with { MountFrom = [from] };
        var receive = _target.Receive;
        _target.Receive = (blob, open, options, token) => blob.Digest == there.Blob.Digest ? Task.FromResult(new BlobPushResult(BlobPushOutcome.Existing))
            : blob.Digest == mounted.Blob.Digest ? Task.FromResult(new BlobPushResult(BlobPushOutcome.Mounted) { MountedFrom = options!.MountFrom[0] })
            : receive(blob, open, options, token);

        var results = await _manager.UploadAsync(_target, [sent, there, mounted, sent], _progress);

        Assert.Equal(
            [
                new(sent.Blob, BlobPushOutcome.Uploaded), new(there.Blob, BlobPushOutcome.Existing),
                new(mounted.Blob, BlobPushOutcome.Mounted, from), new LayerUploadResult(sent.Blob, BlobPushOutcome.Uploaded),
            ],
            results);
        Assert.Equal(3, _target.Pushes.Count);
        Assert.Equal([TransferPhase.Queued, TransferPhase.Transferring, TransferPhase.Complete], Phases(sent).Distinct());
        Assert.Equal([TransferPhase.Queued, TransferPhase.AlreadyExists], Phases(there));
        // Whether it had to wait for a place depends on how fast the others were.
        Assert.Equal([TransferPhase.Queued, TransferPhase.Mounted], Phases(mounted).Where(phase => phase != TransferPhase.Waiting));
    }

    [Fact]
    public async Task Upload_ManyLayers_NoMoreAtOnceThanAllowed()
    {
        var layers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => AddAsync($"layer {i}")));
        var gate = new TaskCompletionSource();
        int entered = 0;
        _target.Receive = async (_, _, _, token) =>
        {
            if (Interlocked.Increment(ref entered) == 2)
                gate.SetResult();
            await gate.Task.WaitAsync(token);
            await Task.Yield();
            return new BlobPushResult(BlobPushOutcome.Uploaded);
        };

        await _manager.UploadAsync(_target, layers);

        Assert.Equal(2, _target.MostOpenAtOnce);
        Assert.Equal(6, _target.Pushes.Count);
    }

    [Fact]
    public async Task Upload_SameLayerTwiceAtOnce_IsSentOnceAndOutlivesOneCaller()
    {
        var layer = await AddAsync("shared");
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        _target.Receive = async (_, _, _, token) =>
        {
            entered.TrySetResult();
            await gate.Task.WaitAsync(token);
            return new BlobPushResult(BlobPushOutcome.Uploaded);
        };
        using var cancellation = new CancellationTokenSource();

        var first = _manager.UploadAsync(_target, [layer], null, cancellation.Token);
        await entered.Task;
        var second = _manager.UploadAsync(_target, [layer]);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();

        Assert.Equal(BlobPushOutcome.Uploaded, Assert.Single(await second).Outcome);
        Assert.Single(_target.Pushes);
    }

    [Fact]
    public async Task Upload_AllCallersGone_IsCancelled()
    {
        var layer = await AddAsync("left");
        using var cancellation = new CancellationTokenSource();
        CancellationToken seen = default;
        _target.Receive = async (_, _, _, token) =>
        {
            seen = token;
            await cancellation.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            return default;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _manager.UploadAsync(_target, [layer], null, cancellation.Token));

        Assert.True(seen.IsCancellationRequested);
    }

    [Fact]
    public async Task Upload_OneFails_EndsTheOthersAndTellsIt()
    {
        var bad = await AddAsync("bad");
        var slow = await AddAsync("slow");
        var cause = new RegistryException(OciErrorKind.Forbidden, "No.");
        bool wasCancelled = false;
        _target.Receive = async (blob, _, _, token) =>
        {
            if (blob.Digest == bad.Blob.Digest)
                throw cause;
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                wasCancelled = token.IsCancellationRequested;
            }
            return default;
        };

        Assert.Same(cause, await Assert.ThrowsAsync<RegistryException>(() => _manager.UploadAsync(_target, [slow, bad])));
        Assert.True(wasCancelled);
    }

    [Fact]
    public async Task Upload_ContentGone_IsToldUnlessTheRegistryHasIt()
    {
        var gone = new LayerUpload(new Descriptor(MediaTypes.OciLayerGzip, Digest.Compute("gone"u8), 4));

        var failure = await Assert.ThrowsAsync<OciException>(() => _manager.UploadAsync(_target, [gone]));
        Assert.Equal(OciErrorKind.NotFound, failure.Kind);

        _target.Receive = (_, _, _, _) => Task.FromResult(new BlobPushResult(BlobPushOutcome.Existing));
        Assert.Equal(BlobPushOutcome.Existing, Assert.Single(await _manager.UploadAsync(_target, [gone])).Outcome);
    }

    [Fact]
    public void Create_NoPlaces_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new LayerUploadManager(_content, new TransferOptions { MaxConcurrentUploads = 0 }));

    private async Task<LayerUpload> AddAsync(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var digest = Digest.Compute(bytes);
        await _content.WriteSmallAsync(bytes, digest);
        return new LayerUpload(new Descriptor(MediaTypes.OciLayerGzip, digest, bytes.Length));
    }

    private IEnumerable<TransferPhase> Phases(LayerUpload layer) =>
        _progress.Reports.Where(report => report.Digest == layer.Blob.Digest).Select(report => report.Phase);
}
