using Microsoft.Extensions.Logging;

namespace OciImages.Images;

internal static partial class FileImageStoreLog
{
    [LoggerMessage(1, LogLevel.Error, "The config of the image {Id} is damaged; the image is left out.")]
    internal static partial void DamagedConfig(this ILogger logger, Exception exception, ImageId id);

    [LoggerMessage(2, LogLevel.Warning, "The file {Path} is damaged; it counts as missing.")]
    internal static partial void DamagedNote(this ILogger logger, string path);

    [LoggerMessage(3, LogLevel.Debug, "The image index {Path} cannot be read; the configs are.")]
    internal static partial void IndexNotRead(this ILogger logger, Exception exception, string path);

    [LoggerMessage(4, LogLevel.Debug, "The image index {Path} cannot be written; the next process reads the configs again.")]
    internal static partial void IndexNotWritten(this ILogger logger, Exception exception, string path);

    [LoggerMessage(5, LogLevel.Information, "The image index {Path} is damaged or of another version; it is made again from the configs.")]
    internal static partial void IndexDamaged(this ILogger logger, string path);

    [LoggerMessage(6, LogLevel.Warning, "The layer {Layer} stays: an image cannot be read, and on what it stands is not known. A check of the root names it.")]
    internal static partial void LayersUnknown(this ILogger logger, ChainId layer);
}
