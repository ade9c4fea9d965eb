namespace OciImages.Distribution;

/// <summary>A blob that a layer has been seen as, and where.</summary>
/// <param name="Digest">The blob.</param>
/// <param name="Repository">The repository that it was pulled from or pushed to.</param>
/// <param name="Hmac">
/// Docker's mark of the credentials of a push (64 hexadecimal characters, HMAC-SHA256); empty after a pull.
/// </param>
public sealed record BlobSource(Digest Digest, RepositoryName Repository, string Hmac);
