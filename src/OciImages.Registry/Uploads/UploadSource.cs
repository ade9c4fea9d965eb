using System.Buffers;
using System.Runtime.ExceptionServices;

namespace OciImages.Registry.Uploads;

/// <summary>
/// The content of an upload, verified while it is read. It is opened anew when bytes before the current position are wanted again; its digest is
/// always that of one opened stream from first to last byte.
/// </summary>
/// <threadsafety>
/// One reader at a time; the next one waits until the last has gone. With HTTP/2 a refused request may still be sending when the next one starts.
/// </threadsafety>
internal sealed class UploadSource(Descriptor blob, Func<CancellationToken, ValueTask<Stream>> open) : IAsyncDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Stream? _stream;
    private Digester? _digester;

    /// <summary>What the content itself failed with; null for nothing. No other attempt can heal that.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    public long Size => blob.Size;

    /// <summary>The digest that the whole content must have.</summary>
    public Digest Digest => blob.Digest;

    /// <summary>Passes on a part of the content. Its last bytes are passed on only when the whole is what the descriptor says.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many.</param>
    /// <param name="write">Takes the bytes, in pieces.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CopyAsync(long offset, long length, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await SeekAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
            if (blob.Size == 0)
                await ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            while (length > 0)
            {
                int count = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(length, BufferSize)), cancellationToken).ConfigureAwait(false);
                await write(buffer.AsMemory(0, count)).ConfigureAwait(false);
                length -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async ValueTask CloseAsync()
    {
        _digester?.Dispose();
        _digester = null;
        if (_stream is not null)
            await _stream.DisposeAsync().ConfigureAwait(false);
        _stream = null;
    }

    private async ValueTask SeekAsync(long offset, byte[] buffer, CancellationToken cancellationToken)
    {
        if (_digester is null || _digester.Length > offset)
        {
            await GuardAsync(async () =>
            {
                await CloseAsync().ConfigureAwait(false);
                _stream = await open(cancellationToken).ConfigureAwait(false);
                _digester = blob.Digest.Algorithm.CreateDigester();
                return 0;
            }).ConfigureAwait(false);
        }
        while (_digester!.Length < offset)
            await ReadAsync(buffer.AsMemory(0, (int)Math.Min(offset - _digester.Length, BufferSize)), cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        int count = await _stream!.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        _digester!.Append(buffer.Span[..count]);
        if (count < buffer.Length)
            throw Wrong($"ends after {_digester.Length} bytes instead of {blob.Size}");
        if (_digester.Length < blob.Size)
            return count;
        if (await _stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0)
            throw Wrong($"has more than the {blob.Size} bytes that its descriptor says");
        return _digester.GetDigest() is var actual && actual == blob.Digest ? count : throw Wrong($"has the digest {actual} instead");
    });

    private OciException Wrong(string reason) => new(OciErrorKind.Corrupt, $"The content to push as {blob.Digest} {reason}; nothing was pushed.");

    // The handler of the connection would wrap the failure and make it look like one of the network.
    private async ValueTask<int> GuardAsync(Func<ValueTask<int>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The stream may be further than the digest knows: a read that was cut short is not taken up again.
            await CloseAsync().ConfigureAwait(false);
            if (e is not OperationCanceledException)
                Failure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }
}
