using Microsoft.Extensions.Logging;

namespace OciImages.Layers.Internal.Diff;

/// <summary>The log messages of diffs: what a tree holds and a layer cannot.</summary>
internal static partial class DiffLog
{
    [LoggerMessage(130, LogLevel.Warning, "The socket {Path} is left out: layers hold none.")]
    internal static partial void SocketLeftOut(this ILogger logger, string path);

    [LoggerMessage(131, LogLevel.Warning, "{Path} is left out: in a layer its name would delete another one.")]
    internal static partial void MarkerNameLeftOut(this ILogger logger, string path);

    [LoggerMessage(132, LogLevel.Warning, "The extended attribute {Attribute} of {Path} is left out: a tar cannot hold its name.")]
    internal static partial void AttributeLeftOut(this ILogger logger, string attribute, string path);
}
