using OciImages.Content.Internal;

namespace OciImages.Content.Memory;

internal sealed class MemoryContentWriter : ContentWriter, IIngestSink
{
    private readonly MemoryContentStore _store;
    private readonly MemoryIngest _ingest;
    private readonly TimeProvider _timeProvider;
    private bool _isClosed;

    internal MemoryContentWriter(MemoryContentStore store, MemoryIngest ingest, TimeProvider timeProvider)
    {
        _store = store;
        _ingest = ingest;
        _timeProvider = timeProvider;
        Output = new IngestOutput(this);
    }

    public override string IngestId => _ingest.Id;

    public override Stream Output { get; }

    public override long Offset => _ingest.Length;

    void IIngestSink.Write(ReadOnlySpan<byte> data) => Ingest.Append(data, _timeProvider.GetUtcNow());

    ValueTask IIngestSink.WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Ingest.Append(data.Span, _timeProvider.GetUtcNow());
        return ValueTask.CompletedTask;
    }

    public override ValueTask<Stream> OpenWrittenAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var written = Ingest.Written;
        return ValueTask.FromResult<Stream>(new MemoryStream(written.Array ?? [], written.Offset, written.Count, writable: false));
    }

    public override ValueTask RestartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Ingest.Clear(_timeProvider.GetUtcNow());
        return ValueTask.CompletedTask;
    }

    public override ValueTask<ContentInfo> CommitAsync(
        long? expectedSize = null, Digest? expected = null, CancellationToken cancellationToken = default)
    {
        if (expected is { } given)
            Arguments.CheckDigest(given);
        cancellationToken.ThrowIfCancellationRequested();
        var ingest = Ingest;
        if (expectedSize is { } size && size != ingest.Length)
            throw Drop(Failures.OtherSize(IngestId, ingest.Length, size));
        var digest = Digest.Compute(ingest.Written, expected?.Algorithm ?? DigestAlgorithm.Sha256);
        if (expected is { } wanted && wanted != digest)
            throw Drop(Failures.OtherDigest(IngestId, digest, wanted));
        _isClosed = true;
        return ValueTask.FromResult(_store.Commit(ingest, digest));
    }

    public override ValueTask DisposeAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _store.Close(_ingest);
        }
        return ValueTask.CompletedTask;
    }

    private MemoryIngest Ingest
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(ContentWriter));
            return _ingest;
        }
    }

    private OciException Drop(OciException failure)
    {
        _isClosed = true;
        _store.Drop(_ingest);
        return failure;
    }
}
