using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OciImages;

/// <summary>Names under which this library's metrics and traces are found. Bytes and layers of transfers are metered in OciImages.Transfers.</summary>
public static class Telemetry
{
    /// <summary>The name of the <see cref="Meter"/> and of the <see cref="ActivitySource"/>.</summary>
    public const string Name = "OciImages";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Pulls = Meter.CreateCounter<long>("oci.pulls", "{pull}", "Pulls that ended, by result.");
    private static readonly Histogram<double> PullDuration = Meter.CreateHistogram<double>("oci.pull.duration", "s", "How long pulls took, by result.");

    private static readonly Counter<long> Pushes = Meter.CreateCounter<long>("oci.pushes", "{push}", "Pushes that ended, by result.");
    private static readonly Histogram<double> PushDuration = Meter.CreateHistogram<double>("oci.push.duration", "s", "How long pushes took, by result.");

    internal static ActivitySource Source { get; } = new(Name);

    internal static void PullEnded(string result, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("result", result);
        Pulls.Add(1, tag);
        PullDuration.Record(duration.TotalSeconds, tag);
    }

    internal static void PushEnded(string result, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("result", result);
        Pushes.Add(1, tag);
        PushDuration.Record(duration.TotalSeconds, tag);
    }
}
