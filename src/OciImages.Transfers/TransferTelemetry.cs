using System.Diagnostics.Metrics;

namespace OciImages.Transfers;

/// <summary>The name under which the metrics of transfers are found.</summary>
public static class TransferTelemetry
{
    /// <summary>The name of the <see cref="Meter"/>.</summary>
    public const string Name = "OciImages.Transfers";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>("oci.transfer.bytes", "By", "Bytes of blobs received from registries.");
    private static readonly Counter<long> BytesSent = Meter.CreateCounter<long>("oci.transfer.bytes_sent", "By", "Bytes of blobs sent to registries.");
    private static readonly Counter<long> Layers = Meter.CreateCounter<long>("oci.transfer.layers", "{layer}", "Layers that were transferred or found here, by result.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("oci.transfer.retries", "{attempt}", "Attempts at a layer after the first.");
    private static readonly UpDownCounter<long> InFlight = Meter.CreateUpDownCounter<long>("oci.transfer.in_flight", "{layer}", "Layers that are being transferred.");

    internal static void Received(int bytes) => Bytes.Add(bytes);

    internal static void Sent(long bytes) => BytesSent.Add(bytes);

    internal static void Ended(string result, int layers = 1) => Layers.Add(layers, new KeyValuePair<string, object?>("result", result));

    internal static void Retried() => Retries.Add(1);

    internal static void Entered(int change) => InFlight.Add(change);
}
