using Microsoft.Extensions.Logging;

namespace OciImages.Registry;

/// <summary>All log messages of this project. What goes in is redacted by the caller: no queries, no credentials.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} {Url}: {Status}")]
    public static partial void Answered(ILogger logger, HttpMethod method, string url, int status);

    [LoggerMessage(2, LogLevel.Warning, "{Failure} Next attempt in {Delay}: {Attempt} of {MaxAttempts}.")]
    public static partial void Retrying(ILogger logger, string failure, TimeSpan delay, int attempt, int maxAttempts);

    [LoggerMessage(3, LogLevel.Warning, "The registry {Registry} warns: {Warning}")]
    public static partial void Warned(ILogger logger, string registry, string warning);

    [LoggerMessage(4, LogLevel.Warning, "The registry {Registry} is spoken to over plain HTTP: it does not speak TLS and is allowed not to.")]
    public static partial void PlainHttp(ILogger logger, string registry);

    [LoggerMessage(5, LogLevel.Debug, "Access token for {Registry} from {Realm}, scope \"{Scope}\", user {User}, good for {Lifetime}.")]
    public static partial void TokenFetched(ILogger logger, string registry, string realm, string scope, string user, TimeSpan lifetime);

    [LoggerMessage(6, LogLevel.Information, "The registry {Registry} serves no range of blob {Blob} from byte {Offset}; it is read from the start.")]
    public static partial void RangeIgnored(ILogger logger, string registry, string blob, long offset);

    [LoggerMessage(7, LogLevel.Information, "The registry {Registry} has no blob {Blob}; it is fetched from {Url}.")]
    public static partial void ForeignFetch(ILogger logger, string registry, string blob, string url);

    [LoggerMessage(8, LogLevel.Warning, "The registry {Registry} lists \"{Tag}\" in {Repository}, which is not a tag; it is left out.")]
    public static partial void BadTag(ILogger logger, string registry, string repository, string tag);

    [LoggerMessage(9, LogLevel.Debug, "The upload at {Registry} {Url} could not be ended: {Reason}")]
    public static partial void UploadLeft(ILogger logger, string registry, string url, string reason);

    [LoggerMessage(10, LogLevel.Information, "{Failure} It is sent instead.")]
    public static partial void MountRefused(ILogger logger, string failure);

    [LoggerMessage(11, LogLevel.Information, "{Failure} The way {Mode} may not be known there; the next one is tried.")]
    public static partial void UploadModeRefused(ILogger logger, Uploads.UploadMode mode, string failure);

    [LoggerMessage(12, LogLevel.Information, "The registry {Registry} has {Count} of {Size} bytes of blob {Blob}.")]
    public static partial void UploadResumed(ILogger logger, string registry, string blob, long count, long size);

    [LoggerMessage(13, LogLevel.Information, "Blob {Blob} comes slowly from {Registry}: from byte {Offset} on it is read by {Ranges} connections.")]
    public static partial void RangesStarted(ILogger logger, string registry, string blob, long offset, int ranges);

    [LoggerMessage(14, LogLevel.Warning, "The registry {Registry} lists \"{Repository}\", which is not the name of a repository; it is left out.")]
    public static partial void BadRepository(ILogger logger, string registry, string repository);

    [LoggerMessage(20, LogLevel.Warning, "Going on without credentials for {Registry}: {Problem}")]
    public static partial void CredentialsFailed(ILogger logger, string registry, string problem);

    [LoggerMessage(21, LogLevel.Information, "{Failure} Going on to the next endpoint of {Registry}.")]
    public static partial void MirrorFailed(ILogger logger, string failure, string registry);

    [LoggerMessage(22, LogLevel.Warning, "The mirror {Mirror} of {Registry} is set aside for {Time}: {Reason}.")]
    public static partial void MirrorSetAside(ILogger logger, string mirror, string registry, TimeSpan time, string reason);

    [LoggerMessage(24, LogLevel.Warning, "The login at {Registry} is stored in the configuration file: {Problem}")]
    public static partial void DetectedHelperFailed(ILogger logger, string registry, string problem);

    [LoggerMessage(23, LogLevel.Warning, "The certificate of {Host} is not verified: it is named as insecure.")]
    public static partial void TlsNotVerified(ILogger logger, string host);
}
