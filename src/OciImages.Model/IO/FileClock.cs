namespace OciImages.IO;

/// <summary>What the times of files and directories prove about changes that others make.</summary>
public static class FileClock
{
    // The kernel stamps files by a clock that ticks at least a hundred times a second; file systems that keep whole seconds show none
    // of that, and the coarsest, FAT, keeps every second one.
    private static readonly TimeSpan FineTick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CoarseTick = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether a change that comes from now on would show as another time. Two changes within one tick of the file system's clock leave
    /// equal times, so what was read just after a change must be read again.
    /// </summary>
    /// <param name="modified">When the file or directory was changed last, in UTC, looked at before its content was read.</param>
    /// <param name="timeProvider">The clock that the file system goes by; null for the system's.</param>
    /// <returns>Whether the time is older than the file system's tick. A time in the future is not.</returns>
    public static bool IsSettled(DateTime modified, TimeProvider? timeProvider = null)
    {
        var tick = modified.Ticks % TimeSpan.TicksPerSecond == 0 ? CoarseTick : FineTick;
        return (timeProvider ?? TimeProvider.System).GetUtcNow().UtcDateTime - modified > tick;
    }
}
