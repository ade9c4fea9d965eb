using System.Runtime.CompilerServices;
using OciImages.Registry.Http;

namespace OciImages.Registry.Blobs;

/// <summary>
/// Reads a large blob by one connection, and when that proves slow by several. What is slow is measured by how long the reader waits for bytes,
/// so that a slow reader starts nothing.
/// </summary>
/// <threadsafety>Not thread-safe: one reader.</threadsafety>
internal sealed class RangedBlobStream(RegistryHttp http, RegistryRequest request, Descriptor blob, BlobReadStream first, long offset) : ForwardReadStream
{
    private readonly TimeProvider _clock = http.Options.TimeProvider;
    private readonly RangePolicy _policy = http.Options.RangePolicy;
    private BlobReadStream? _single = first;
    private RangeFetcher? _ranges;
    private long _position = offset;
    private long _measured;
    private TimeSpan _waited;
    private bool _isDecided;

    /// <summary>Whether a blob may be worth several connections.</summary>
    public static bool IsWorth(RegistryHttp http, RegistryRequest request, long rest) =>
        http.Options.MaxRangesPerBlob > 1 && rest >= 2 * http.Options.RangePolicy.LeastRest && !http.Ranges.AreBroken(HostOf(request));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (buffer.Length == 0)
            return 0;
        if (!_isDecided && IsSlow())
            await SplitAsync().ConfigureAwait(false);
        if (_ranges is not null && _position < blob.Size)
        {
            try
            {
                int count = await _ranges.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                _position += count;
                return count;
            }
            catch (RangeRefusedException e)
            {
                await JoinAsync(e.Host).ConfigureAwait(false);
            }
        }
        return _single is null ? 0 : await ReadSingleAsync(_single, buffer, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        await EndRangesAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _single?.Dispose();
            // Stops at once; what is left to clean up waits for nothing but its own requests.
            _ = EndRangesAsync();
        }
        base.Dispose(disposing);
    }

    // Who gave the last answer gives the next one, as long as nothing fails.
    private static RegistryDomain HostOf(RegistryRequest request) => request.Trail?.Last?.Endpoint.Domain ?? request.Domain;

    private async ValueTask<int> ReadSingleAsync(BlobReadStream single, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        long start = _clock.GetTimestamp();
        int count = await single.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _waited += _clock.GetElapsedTime(start);
        _measured += count;
        _position += count;
        return count;
    }

    private bool IsSlow()
    {
        if (_waited < _policy.Patience)
            return false;
        bool isSlow = _measured < _waited.TotalSeconds * _policy.EnoughRate;
        // A slow start may be over by now; a fast one is measured again.
        if (!isSlow)
            (_measured, _waited) = (0, TimeSpan.Zero);
        if (blob.Size - _position >= _policy.LeastRest && !http.Ranges.AreBroken(HostOf(request)))
            return isSlow;
        _isDecided = true;
        return false;
    }

    private async ValueTask SplitAsync()
    {
        _isDecided = true;
        // Its bytes on the way are lost: at most what the sockets hold.
        await _single!.DisposeAsync().ConfigureAwait(false);
        _single = null;
        RegistryLog.RangesStarted(http.Logger, request.Domain.Name, blob.Digest.ToString(), _position, http.Options.MaxRangesPerBlob);
        _ranges = new RangeFetcher(http, new BlobSource(http, request, blob), _position);
    }

    private async ValueTask JoinAsync(RegistryDomain host)
    {
        http.Ranges.Broke(host);
        RegistryLog.RangeIgnored(http.Logger, host.Name, blob.Digest.ToString(), _position);
        await EndRangesAsync().ConfigureAwait(false);
        _single = new BlobReadStream(new BlobSource(http, request, blob), new RetrySchedule(http.Options, http.Logger), _position);
    }

    private async Task EndRangesAsync()
    {
        if (_ranges is not { } ranges)
            return;
        _ranges = null;
        await ranges.DisposeAsync().ConfigureAwait(false);
    }
}
