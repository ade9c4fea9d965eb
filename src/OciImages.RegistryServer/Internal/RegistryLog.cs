using Microsoft.Extensions.Logging;

namespace OciImages.RegistryServer.Internal;

internal static partial class RegistryLog
{
    [LoggerMessage(1, LogLevel.Information, "The upload {Id} to {Repository} expired with {Length} bytes.")]
    internal static partial void UploadExpired(this ILogger logger, Guid id, string repository, long length);

    [LoggerMessage(2, LogLevel.Information, "The upload {IngestId} of an earlier process expired with {Length} bytes.")]
    internal static partial void StoredUploadExpired(this ILogger logger, string ingestId, long length);

    [LoggerMessage(3, LogLevel.Error, "{Method} {Path} failed.")]
    internal static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(4, LogLevel.Debug, "{Method} {Path} was cut off by the client.")]
    internal static partial void ClientGone(this ILogger logger, string method, string path);

    [LoggerMessage(5, LogLevel.Warning, "Uploads could not be swept.")]
    internal static partial void SweepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "The upstream failed for {Repository} {Reference}; what is here is served.")]
    internal static partial void UpstreamFailed(this ILogger logger, Exception exception, string repository, string reference);

    [LoggerMessage(7, LogLevel.Information, "{Repository}: manifest {Digest} put, tags {Tags}.")]
    internal static partial void ManifestPut(this ILogger logger, string repository, Digest digest, string tags);

    [LoggerMessage(8, LogLevel.Information, "Garbage: {Count} pieces of content with {Length} bytes were deleted.")]
    internal static partial void Collected(this ILogger logger, int count, long length);

    [LoggerMessage(9, LogLevel.Warning, "{Repository}: blob {Digest} from upstream was sent, but could not be kept.")]
    internal static partial void UpstreamBlobNotKept(this ILogger logger, Exception exception, string repository, Digest digest);
}
