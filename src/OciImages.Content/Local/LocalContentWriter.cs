using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

internal sealed class LocalContentWriter : ContentWriter, IIngestSink
{
    private readonly LocalIngest _ingest;
    private readonly LocalLayout _layout;
    private readonly LocalBlobs _blobs;
    private readonly TimeProvider _timeProvider;

    internal LocalContentWriter(LocalIngest ingest, LocalLayout layout, LocalBlobs blobs, TimeProvider timeProvider)
    {
        _ingest = ingest;
        _layout = layout;
        _blobs = blobs;
        _timeProvider = timeProvider;
        Output = new IngestOutput(this);
    }

    public override string IngestId => _ingest.Id;

    public override Stream Output { get; }

    public override long Offset => _ingest.Data.Length;

    void IIngestSink.Write(ReadOnlySpan<byte> data) => Data.Write(data);

    ValueTask IIngestSink.WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => Data.WriteAsync(data, cancellationToken);

    public override ValueTask<Stream> OpenWrittenAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Data.OpenRead());
    }

    public override ValueTask RestartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Data.Truncate();
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<ContentInfo> CommitAsync(
        long? expectedSize = null, Digest? expected = null, CancellationToken cancellationToken = default)
    {
        if (expected is { } given)
            Arguments.CheckDigest(given);
        var digest = await VerifyAsync(expectedSize, expected, cancellationToken).ConfigureAwait(false);
        if (await _blobs.FindDurableAsync(digest, Offset, cancellationToken).ConfigureAwait(false) is { } existing)
        {
            await _ingest.RemoveAsync().ConfigureAwait(false);
            return existing;
        }
        var now = _timeProvider.GetUtcNow();
        Data.Seal(now);
        await SyncAsync(cancellationToken).ConfigureAwait(false);
        await PublishAsync(_layout.Blob(digest)).ConfigureAwait(false);
        return await _blobs.FindAsync(digest, CancellationToken.None).ConfigureAwait(false) ?? new ContentInfo(digest, Offset, now);
    }

    public override ValueTask DisposeAsync()
    {
        if (!_ingest.IsClosed)
            _ingest.Close();
        return ValueTask.CompletedTask;
    }

    private IngestData Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_ingest.IsClosed, typeof(ContentWriter));
            return _ingest.Data;
        }
    }

    private async ValueTask<Digest> VerifyAsync(long? expectedSize, Digest? expected, CancellationToken cancellationToken)
    {
        var data = Data;
        OciException failure;
        if (expectedSize is { } size && size != data.Length)
        {
            failure = Failures.OtherSize(IngestId, data.Length, size);
        }
        else
        {
            var algorithm = expected?.Algorithm ?? DigestAlgorithm.Sha256;
            var digest = await data.DigestAsync(algorithm, cancellationToken).ConfigureAwait(false);
            if (expected is null || expected == digest)
                return digest;
            failure = Failures.OtherDigest(IngestId, digest, expected.Value);
        }
        await _ingest.DropAsync(failure.Message).ConfigureAwait(false);
        throw failure;
    }

    private async ValueTask SyncAsync(CancellationToken cancellationToken)
    {
        try
        {
            // It may take seconds: not on the thread of a caller that has other things to await.
            await Task.Run(Data.Sync, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            // The kernel reports a lost write once and then takes the pages for clean: a later sync would succeed over a hole.
            await _ingest.DropAsync(e.Message).ConfigureAwait(false);
            throw;
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async ValueTask PublishAsync(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        DurableDirectory.Create(folder, LocalLayout.Shared);
        try
        {
            // A rename replaces: two writers with the same content end with one file, whole at any time.
            File.Move(Data.FilePath, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Windows refuses to replace a file that somebody reads.
            if (new FileInfo(path) is not { Exists: true } other || other.Length != Offset)
                throw StorageException.From(e, "commit the content", path);
        }
        Data.ProtectBestEffort();
        try
        {
            DurableFile.SyncDirectory(folder);
        }
        finally
        {
            await _ingest.RemoveAsync().ConfigureAwait(false);
        }
    }
}
