using Microsoft.Extensions.Time.Testing;

namespace OciImages.Registry.Tests;

/// <summary>
/// A clock on which waits between attempts pass at once and are written down. Time-outs of connections, which are armed anew for each
/// wait, come only when <see cref="ExpireIdle"/> says so.
/// </summary>
internal sealed class SkippingClock : FakeTimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<TimeSpan> _waits = [];
    private readonly HashSet<IdleTimer> _armed = [];

    public SkippingClock()
        : base(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>The waits between attempts so far.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_lock)
                return [.. _waits];
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Timeout.InfiniteTimeSpan)
            return new IdleTimer(this, callback, state);
        lock (_lock)
            _waits.Add(dueTime);
        var timer = base.CreateTimer(callback, state, dueTime, period);
        ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        return timer;
    }

    /// <summary>Lets every connection that is being waited for time out now.</summary>
    /// <returns>Whether there was one.</returns>
    public bool ExpireIdle()
    {
        IdleTimer[] expired;
        lock (_lock)
        {
            expired = [.. _armed];
            _armed.Clear();
        }
        foreach (var timer in expired)
            timer.Fire();
        return expired.Length > 0;
    }

    private sealed class IdleTimer(SkippingClock clock, TimerCallback callback, object? state) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
                return dueTime == Timeout.InfiniteTimeSpan ? clock._armed.Remove(this) : clock._armed.Add(this);
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._lock)
                clock._armed.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
