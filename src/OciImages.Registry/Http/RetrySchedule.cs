using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OciImages.Registry.Http;

/// <summary>
/// The attempts of one operation: how many, and how long to wait between them (full jitter, or what the registry asks for).
/// </summary>
/// <remarks>
/// Own code and not a resilience library: a download counts its attempts since the last byte of progress and shares that count between
/// opening and reading, which a pipeline around one call cannot express.
/// </remarks>
/// <threadsafety>Belongs to one operation; not thread-safe.</threadsafety>
internal sealed class RetrySchedule(RegistryClientOptions options, ILogger logger)
{
    /// <summary>How many bytes make up for failures: a peer that gives, or takes, a byte a connection must not keep its client busy for ever.</summary>
    internal const int RealProgress = 256 * 1024;

    private int _failures;
    private long _progress;

    /// <summary>Whether the next failure is the last one.</summary>
    public bool IsLastAttempt => _failures + 1 >= options.MaxAttempts;

    /// <summary>Notes bytes that need not be transferred again. Enough of them since the first failure, over all attempts, make up for the failures.</summary>
    public void Progressed(long bytes)
    {
        if (_failures == 0)
            return;
        _progress += bytes;
        if (_progress >= RealProgress)
            Reset();
    }

    /// <summary>Forgets the failures: what comes is another's.</summary>
    public void Reset() => (_failures, _progress) = (0, 0);

    /// <summary>Notes a failure, and waits until the next attempt may be made.</summary>
    /// <exception cref="RegistryException">No further attempt is to be made; it tells of the failure.</exception>
    public Task WaitAsync(RegistryException failure, CancellationToken cancellationToken)
    {
        // With the trace of where it happened.
        if (!failure.IsTransient)
            ExceptionDispatchInfo.Throw(failure);
        if (++_failures >= options.MaxAttempts)
            throw options.MaxAttempts == 1 ? failure : failure.WithRemark($"tried {options.MaxAttempts} times");
        if (failure.RetryAfter > options.MaxRetryAfter)
            throw failure.WithRemark($"it asks to wait {failure.RetryAfter.Value.TotalSeconds:0} s");

        var delay = Jitter(Math.Min(options.RetryMaxDelay.Ticks, options.RetryBaseDelay.Ticks * Math.Pow(2, _failures - 1)));
        // Those who were all told the same moment should not all come at it.
        if (failure.RetryAfter is { } asked)
            delay = asked + Jitter(options.RetryBaseDelay.Ticks);
        RegistryLog.Retrying(logger, failure.Message, delay, _failures + 1, options.MaxAttempts);
        return Task.Delay(delay, options.TimeProvider, cancellationToken);
    }

    // Never nothing: others get their turn first.
    private static TimeSpan Jitter(double ticks) =>
        TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, (long)(Random.Shared.NextDouble() * ticks)));
}
