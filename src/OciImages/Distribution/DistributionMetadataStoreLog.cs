using Microsoft.Extensions.Logging;

namespace OciImages.Distribution;

internal static partial class DistributionMetadataStoreLog
{
    [LoggerMessage(1, LogLevel.Warning, "The file {Path} is damaged; it counts as missing.")]
    internal static partial void DamagedFile(this ILogger logger, Exception? exception, string path);
}
