namespace OciImages.Registry.Http;

/// <summary>
/// Cancels a wait that brings nothing for too long. One watch serves one connection: it is started before each wait and stopped after it.
/// </summary>
internal sealed class IdleWatch(TimeSpan timeout, TimeProvider clock) : IDisposable
{
    private readonly CancellationTokenSource _source = new(Timeout.InfiniteTimeSpan, clock);

    /// <summary>What the guarded wait takes; cancelled by the clock or by the caller's token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Starts the clock; the result ends the tie to the caller's token.</summary>
    public CancellationTokenRegistration Start(CancellationToken caller)
    {
        _source.CancelAfter(timeout);
        return caller.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    /// <summary>Starts the clock anew: something went on. It may take longer by <paramref name="patience"/> than usual.</summary>
    public void Restart(TimeSpan patience = default) => _source.CancelAfter(timeout + patience);

    public void Stop() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>What a cancelled wait means: the caller's wish, or a time-out.</summary>
    public Exception Explain(OperationCanceledException cancelled, CancellationToken caller) => caller.IsCancellationRequested
        ? new OperationCanceledException(cancelled.Message, cancelled, caller)
        : new TimeoutException($"nothing came for {timeout.TotalSeconds:0.###} s", cancelled);

    public void Dispose() => _source.Dispose();
}
