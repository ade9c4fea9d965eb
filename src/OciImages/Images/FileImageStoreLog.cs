using Microsoft.Extensions.Logging;

namespace OciImages.Images;

internal static partial class FileImageStoreLog
{
    [LoggerMessage(1, LogLevel.Error, "The config of the image {Id} is damaged; the image is left out.")]
    internal static partial void DamagedConfig(this ILogger logger, Exception exception, ImageId id);

    [LoggerMessage(2, LogLevel.Warning, "The file {Path} is damaged; it counts as missing.")]
    internal static partial void DamagedNote(this ILogger logger, string path);
}
