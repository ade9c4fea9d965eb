using System.Diagnostics.Metrics;

namespace OciImages.RegistryServer.Internal;

/// <summary>The metrics of a registry, of the meter <see cref="OciRegistry.MeterName"/>.</summary>
internal static class RegistryTelemetry
{
    private static readonly Meter Meter = new(OciRegistry.MeterName);
    private static readonly Counter<long> Requests = Meter.CreateCounter<long>("oci.registry.requests", "{request}", "Requests answered, by operation and status.");
    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("oci.registry.sent", "By", "Bytes of blobs sent.");
    private static readonly Counter<long> Received = Meter.CreateCounter<long>("oci.registry.received", "By", "Bytes of blobs received.");
    private static readonly Counter<long> Mounts = Meter.CreateCounter<long>("oci.registry.mounts", "{mount}", "Blobs mounted from another repository.");
    private static readonly Counter<long> Fetched = Meter.CreateCounter<long>("oci.registry.upstream.fetched", "By", "Bytes of blobs fetched from upstream.");
    private static readonly UpDownCounter<long> Uploads = Meter.CreateUpDownCounter<long>("oci.registry.uploads", "{upload}", "Uploads that are open.");

    internal static void Answered(RouteKind kind, string method, int status) => Requests.Add(
        1,
        new KeyValuePair<string, object?>("resource", kind.ToString()),
        new KeyValuePair<string, object?>("method", method),
        new KeyValuePair<string, object?>("status", status));

    internal static void BytesSent(long bytes) => Sent.Add(bytes);

    internal static void BytesReceived(long bytes) => Received.Add(bytes);

    internal static void BytesFetched(long bytes) => Fetched.Add(bytes);

    internal static void Mounted() => Mounts.Add(1);

    internal static void UploadsChanged(int change) => Uploads.Add(change);
}
