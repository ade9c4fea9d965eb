namespace OciImages.RegistryServer.Internal;

/// <summary>A failure as a client sees it: OCI distribution specification, "Error Codes".</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The code.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Detail">What it is about, such as a digest; null for nothing.</param>
internal sealed record RegistryFault(int Status, string Code, string Message, string? Detail = null)
{
    private const int MaxDetail = 300;

    internal static RegistryFault NotFound { get; } = new(404, "UNSUPPORTED", "The registry API has nothing at this path.");

    internal static RegistryFault ReadOnly { get; } = new(405, "UNSUPPORTED", "This registry is read-only.");

    internal static RegistryFault DeletionDisabled { get; } = new(405, "UNSUPPORTED", "Deletion is disabled.");

    internal static RegistryFault MethodNotAllowed { get; } = new(405, "UNSUPPORTED", "The method is not one of this resource.");

    internal static RegistryFault Unauthorized { get; } = new(401, "UNAUTHORIZED", "Authentication is required.");

    internal static RegistryFault Denied { get; } = new(403, "DENIED", "Access is denied.");

    internal static RegistryFault TooManyUploads { get; } = new(429, "TOOMANYREQUESTS", "Too many uploads are under way; try again later.");

    internal static RegistryFault NameInvalid(string name) => new(400, "NAME_INVALID", "This is not the name of a repository.", Cut(name));

    internal static RegistryFault NameUnknown(string name) => new(404, "NAME_UNKNOWN", "There is no such repository.", Cut(name));

    internal static RegistryFault DigestInvalid(string digest, string message = "This is not a digest of a supported algorithm (sha256, sha512).") =>
        new(400, "DIGEST_INVALID", message, Cut(digest));

    internal static RegistryFault BlobUnknown(string digest) => new(404, "BLOB_UNKNOWN", "The repository has no such blob.", Cut(digest));

    internal static RegistryFault ManifestUnknown(string reference) => new(404, "MANIFEST_UNKNOWN", "The repository has no such manifest.", Cut(reference));

    internal static RegistryFault ManifestInvalid(string message, int status = 400) => new(status, "MANIFEST_INVALID", message);

    internal static RegistryFault ManifestBlobUnknown(Digest digest) =>
        new(400, "MANIFEST_BLOB_UNKNOWN", "The manifest refers to a blob or manifest that the repository does not have.", digest.ToString());

    internal static RegistryFault UploadUnknown(string id) => new(404, "BLOB_UPLOAD_UNKNOWN", "There is no such upload.", Cut(id));

    internal static RegistryFault UploadInvalid(string message, int status = 400) => new(status, "BLOB_UPLOAD_INVALID", message);

    internal static RegistryFault SizeInvalid(string message, int status = 400) => new(status, "SIZE_INVALID", message);

    internal static RegistryFault Page(string message) => new(400, "UNSUPPORTED", message);

    private static string Cut(string text) => text.Length <= MaxDetail ? text : text[..MaxDetail];
}
