using System.Diagnostics;
using System.Globalization;

namespace OciImages.Benchmarks;

/// <summary>Times one step after another, and what the process computed meanwhile, which tells on a busy machine.</summary>
internal sealed class StepClock
{
    private long _start;
    private TimeSpan _computed;

    internal StepClock() => Restart();

    internal void Tell(string step)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        var computed = Environment.CpuUsage.TotalTime - _computed;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{elapsed.TotalMilliseconds,9:F2} ms {computed.TotalMilliseconds,9:F2} ms of CPU  {step}"));
    }

    internal void Restart()
    {
        _computed = Environment.CpuUsage.TotalTime;
        _start = Stopwatch.GetTimestamp();
    }
}
