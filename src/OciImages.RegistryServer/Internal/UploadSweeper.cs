namespace OciImages.RegistryServer.Internal;

/// <summary>Sweeps uploads now and then.</summary>
internal sealed class UploadSweeper : IAsyncDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    // Listing what is stored reads a few files for each upload.
    private const int RoundsPerListing = 10;

    private readonly RegistryState _state;
    private readonly ITimer _timer;
    private readonly SemaphoreSlim _running = new(1, 1);
    private int _round;

    internal UploadSweeper(RegistryState state)
    {
        _state = state;
        var shorter = state.Options.UploadIdleTime < state.Options.UploadExpiry ? state.Options.UploadIdleTime : state.Options.UploadExpiry;
        var interval = shorter < Shortest ? Shortest : shorter > Longest ? Longest : shorter;
        _timer = state.Options.TimeProvider.CreateTimer(static sweeper => _ = ((UploadSweeper)sweeper!).RunAsync(), this, interval, interval);
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _running.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _running.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            if (!await _running.WaitAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false))
                return;
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        try
        {
            await _state.Uploads!.SweepAsync(alsoStored: _round++ % RoundsPerListing == 0, CancellationToken.None).ConfigureAwait(false);
        }
        catch (OciException e)
        {
            _state.Logger.SweepFailed(e);
        }
        finally
        {
            _running.Release();
        }
    }
}
