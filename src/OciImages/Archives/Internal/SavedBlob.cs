namespace OciImages.Archives.Internal;

/// <summary>A file of <c>blobs/</c> in an archive.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="OpenAsync">Opens it.</param>
internal sealed record SavedBlob(Digest Digest, long Size, Func<CancellationToken, ValueTask<Stream>> OpenAsync);
