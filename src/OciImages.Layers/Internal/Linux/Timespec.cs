using System.Runtime.InteropServices;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Linux;

/// <summary><c>struct timespec</c> of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Timespec(long seconds, long nanoseconds)
{
    internal long Seconds = seconds;
    internal long Nanoseconds = nanoseconds;

    /// <summary>The times of a member as Docker sets them: access not before modification, and 1970 for what it deems out of range.</summary>
    internal static void FromMember(TarTime modification, TarTime? access, Span<Timespec> times)
    {
        var later = access is { } a && (a.Seconds, a.Nanoseconds).CompareTo((modification.Seconds, modification.Nanoseconds)) > 0
            ? a
            : modification;
        times[0] = Clamp(later);
        times[1] = Clamp(modification);
    }

    // Go's time.Unix(0, 1<<63-1) is the latest that Docker keeps.
    private static Timespec Clamp(TarTime time) => time.Seconds is < 0 or > long.MaxValue / 1_000_000_000
        ? default
        : new Timespec(time.Seconds, Math.Clamp(time.Nanoseconds, 0, 999_999_999));
}
