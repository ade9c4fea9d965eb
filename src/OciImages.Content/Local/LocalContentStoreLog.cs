using Microsoft.Extensions.Logging;

namespace OciImages.Content.Local;

internal static partial class LocalContentStoreLog
{
    [LoggerMessage(1, LogLevel.Warning, "The labels of {Digest} cannot be read; it is taken to have none.")]
    internal static partial void CorruptLabels(this ILogger logger, Exception exception, Digest digest);

    [LoggerMessage(2, LogLevel.Warning, "The labels of {Digest} cannot be read; their file is kept with .corrupt at the end of its name.")]
    internal static partial void CorruptLabelsMoved(this ILogger logger, Exception exception, Digest digest);

    [LoggerMessage(3, LogLevel.Warning, "A lease cannot be read; it is left alone, and nothing is collected meanwhile.")]
    internal static partial void CorruptLease(this ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "The lease {Id} could not be released; it ends when it expires.")]
    internal static partial void LeaseNotReleased(this ILogger logger, Exception exception, string id);

    [LoggerMessage(5, LogLevel.Warning, "The ingest {IngestId} was thrown away: {Reason}")]
    internal static partial void IngestDropped(this ILogger logger, string ingestId, string reason);

    [LoggerMessage(6, LogLevel.Warning, "The folder {Path} of an ended ingest could not be removed.")]
    internal static partial void IngestNotRemoved(this ILogger logger, Exception exception, string path);

    [LoggerMessage(7, LogLevel.Warning, "The folder {Path} is not an ingest that can be listed: its ref is missing or damaged.")]
    internal static partial void CorruptIngest(this ILogger logger, string path);

    [LoggerMessage(8, LogLevel.Warning, "The lease file {Path} could not be deleted.")]
    internal static partial void LeaseNotDeleted(this ILogger logger, Exception exception, string path);
}
