using System.Buffers;
using System.Threading.Channels;
using OciImages.Registry.Http;

namespace OciImages.Registry.Blobs;

/// <summary>
/// Reads the rest of a blob by several connections, each one range after the other, and hands the bytes out in order. The number of ranges in
/// memory is fixed: whoever has none to fill waits until the reader is done with one.
/// </summary>
/// <threadsafety>Not thread-safe: one reader.</threadsafety>
internal sealed class RangeFetcher : IAsyncDisposable
{
    private readonly RegistryHttp _http;
    private readonly BlobSource _source;
    private readonly RangePolicy _policy;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free;
    private readonly Channel<RangeBlock> _blocks = Channel.CreateUnbounded<RangeBlock>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _lock = new();
    // Kept here from block to block: the shared pool would keep one for each thread that gave one back.
    private readonly Stack<byte[]> _spare = new();
    private readonly Task[] _workers;
    private long _next;
    private RangeBlock? _current;
    private int _read;

    public RangeFetcher(RegistryHttp http, BlobSource source, long offset)
    {
        (_http, _source, _next) = (http, source, offset);
        _policy = http.Options.RangePolicy;
        int ranges = http.Options.MaxRangesPerBlob;
        _free = new SemaphoreSlim(ranges + _policy.SpareBlocks);
        _workers = [.. Enumerable.Range(0, ranges).Select(_ => Task.Run(WorkAsync))];
    }

    /// <summary>Reads the next bytes.</summary>
    /// <exception cref="RangeRefusedException">The registry does not serve ranges; what was read before is right.</exception>
    /// <exception cref="RegistryException">The bytes cannot be had.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _current ??= await _blocks.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        await _current.Filled.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        int count = Math.Min(buffer.Length, _current.Length - _read);
        var bytes = _current.Memory.Slice(_read, count);
        bytes.CopyTo(buffer);
        _source.Delivered(_current.Start + _read, bytes.Span);
        _read += count;
        if (_read == _current.Length)
        {
            lock (_lock)
                _spare.Push(_current.Buffer);
            (_current, _read) = (null, 0);
            _free.Release();
        }
        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_current is not null)
            _spare.Push(_current.Buffer);
        while (_blocks.Reader.TryRead(out var block))
            _spare.Push(block.Buffer);
        while (_spare.TryPop(out byte[]? buffer))
            ArrayPool<byte>.Shared.Return(buffer);
        _free.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        while (await TakeAsync().ConfigureAwait(false) is { } block)
        {
            try
            {
                await FillAsync(block).ConfigureAwait(false);
                block.Filled.SetResult();
            }
            catch (Exception e)
            {
                block.Filled.SetException(e);
                // Looked at by nobody when the reader has gone.
                _ = block.Filled.Task.Exception;
                return;
            }
        }
    }

    // Memory first, then the place: the block that the reader waits for is never one that has no memory.
    private async Task<RangeBlock?> TakeAsync()
    {
        await _free.WaitAsync(_stop.Token).ConfigureAwait(false);
        lock (_lock)
        {
            int length = (int)Math.Min(_policy.BlockSize, _source.Size - _next);
            if (length == 0)
            {
                _free.Release();
                return null;
            }
            var block = new RangeBlock(_next, length, _spare.TryPop(out byte[]? buffer) ? buffer : ArrayPool<byte>.Shared.Rent(_policy.BlockSize));
            _next += length;
            _blocks.Writer.TryWrite(block);
            return block;
        }
    }

    private async Task FillAsync(RangeBlock block)
    {
        var schedule = new RetrySchedule(_http.Options, _http.Logger);
        int filled = 0;
        while (filled < block.Length)
        {
            try
            {
                var (body, mirror) = await _source.OpenRangeAsync(block.Start + filled, block.Start + block.Length - 1, _stop.Token).ConfigureAwait(false);
                using var _ = body;
                while (filled < block.Length)
                {
                    int count = await body.ReadAsync(block.Memory[filled..], _stop.Token).ConfigureAwait(false);
                    if (count == 0)
                        throw _source.Broken($"the connection ended after {filled} of the {block.Length} bytes from {block.Start} on");
                    if (mirror is not null)
                        _source.CameFrom(mirror);
                    filled += count;
                    schedule.Progressed(count);
                }
            }
            catch (RegistryException e) when (!e.IsTransient)
            {
                // Whether it is for the ranges or for everything, a plain request finds out, and says what.
                throw new RangeRefusedException(_source.Registry);
            }
            catch (Exception e) when (e is RegistryException || TransportFailure.Is(e))
            {
                // Whoever is asked next may lead to a better place.
                _source.ForgetStorage();
                var failure = _source.Describe(e);
                if (schedule.IsLastAttempt && _source.TryLeaveMirror(failure))
                    schedule.Reset();
                else
                    await schedule.WaitAsync(failure, _stop.Token).ConfigureAwait(false);
            }
        }
    }
}
