namespace OciImages.Content.Internal;

// Every store says the same thing of the same failure.
internal static class Failures
{
    internal static OciException NotFound(Digest digest) =>
        new(OciErrorKind.NotFound, $"The content {digest} is not in the store.");

    internal static OciException Open(string ingestId, string? holder = null) =>
        new(OciErrorKind.Unavailable, $"The ingest \"{Show(ingestId)}\" is open{(holder is null ? "" : $" in {holder}")}.");

    internal static OciException LeaseExists(string id) =>
        new(OciErrorKind.AlreadyExists, $"A lease with the id {id} exists.");

    internal static OciException LeaseOver(string id) =>
        new(OciErrorKind.NotFound, $"The lease {id} is over: it has expired, or was released elsewhere.");

    internal static OciException OtherSize(string ingestId, long actual, long expected) =>
        new(OciErrorKind.Corrupt, $"The ingest \"{Show(ingestId)}\" has {actual} bytes where {expected} are expected.");

    internal static OciException OtherDigest(string ingestId, Digest actual, Digest expected) =>
        new(OciErrorKind.Corrupt, $"The ingest \"{Show(ingestId)}\" has the digest {actual} where {expected} is expected.");

    private static string Show(string ingestId) =>
        string.Create(ingestId.Length, ingestId, static (span, id) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = char.IsControl(id[i]) ? '?' : id[i];
        });
}
