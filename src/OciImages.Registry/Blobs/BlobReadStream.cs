using System.Runtime.CompilerServices;
using OciImages.Registry.Http;

namespace OciImages.Registry.Blobs;

/// <summary>
/// Reads a blob forward, asynchronously only. When the connection is cut or stalls, the next one continues at the very byte;
/// attempts are counted until enough came. A mirror that used them all up hands over to the next one, and at last to the registry.
/// </summary>
/// <threadsafety>Not thread-safe: one reader.</threadsafety>
internal sealed class BlobReadStream(BlobSource source, RetrySchedule schedule, long offset) : ForwardReadStream
{
    private ResponseBody? _body;
    private long _position = offset;

    /// <summary>Opens the first connection, so that a missing blob is told by whoever opens and not by the first read.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        while (_body is null)
        {
            try
            {
                _body = await source.OpenAsync(_position, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (IsFailure(e))
            {
                await PauseAsync(source.Describe(e), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        long left = source.Size - _position;
        if (left == 0)
        {
            await EndAsync(cancellationToken).ConfigureAwait(false);
            return 0;
        }
        if (buffer.Length > left)
            buffer = buffer[..(int)left];
        while (buffer.Length > 0)
        {
            if (_body is null)
                await ConnectAsync(cancellationToken).ConfigureAwait(false);
            RegistryException failure;
            try
            {
                int read = await _body!.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read > 0)
                {
                    _position += read;
                    schedule.Progressed(read);
                    return read;
                }
                failure = source.Broken($"the connection ended after {_position} of {source.Size} bytes");
            }
            catch (Exception e) when (IsFailure(e))
            {
                failure = source.Describe(e);
            }
            catch
            {
                // Cancelled within a read: what the connection brings next is unknown. A later read continues with a new one.
                Disconnect();
                throw;
            }
            Disconnect();
            await PauseAsync(failure, cancellationToken).ConfigureAwait(false);
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Disconnect();
        base.Dispose(disposing);
    }

    private Task PauseAsync(RegistryException failure, CancellationToken cancellationToken)
    {
        if (!schedule.IsLastAttempt || !source.TryLeaveMirror(failure))
            return schedule.WaitAsync(failure, cancellationToken);
        schedule.Reset();
        return Task.CompletedTask;
    }

    private static bool IsFailure(Exception exception) => exception is RegistryException || TransportFailure.Is(exception);

    // Where the answer's head announced no length only another read shows whether it goes on; it also frees the connection.
    private async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (_body is not { } body)
            return;
        int more = 0;
        try
        {
            if (body.Length is null)
                more = await body.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (TransportFailure.Is(e))
        {
            // All bytes are here; how the connection ends does not matter any more.
        }
        finally
        {
            Disconnect();
        }
        if (more > 0)
            throw source.Corrupt($"the registry sends more than the {source.Size} bytes that its descriptor says");
    }

    private void Disconnect()
    {
        _body?.Dispose();
        _body = null;
    }
}
