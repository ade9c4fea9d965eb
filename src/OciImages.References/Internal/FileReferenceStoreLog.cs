using Microsoft.Extensions.Logging;

namespace OciImages.References.Internal;

internal static partial class FileReferenceStoreLog
{
    [LoggerMessage(1, LogLevel.Warning, "The entry {Entry} of {Path} is not understood; it is kept as it is.")]
    internal static partial void EntryNotUnderstood(this ILogger logger, string path, string entry);
}
