using Microsoft.Extensions.Logging;

namespace OciImages.Layers.Internal;

/// <summary>All log messages of drivers and the layer store.</summary>
internal static partial class LayersLog
{
    [LoggerMessage(101, LogLevel.Warning, "The extended attribute {Attribute} of {Member} cannot be set here: {Reason}.")]
    internal static partial void AttributeNotSet(this ILogger logger, string attribute, string member, string reason);

    [LoggerMessage(102, LogLevel.Warning, "The extended attribute {Attribute} of {Member} is dropped: it would steer the overlay file system.")]
    internal static partial void OverlayAttributeDropped(this ILogger logger, string attribute, string member);

    [LoggerMessage(103, LogLevel.Warning, "The device {Member} is left out: it cannot be made in a user namespace.")]
    internal static partial void DeviceLeftOut(this ILogger logger, string member);

    [LoggerMessage(110, LogLevel.Debug, "Unpacked layer {Id}: {Size} bytes.")]
    internal static partial void Unpacked(this ILogger logger, string id, long size);

    [LoggerMessage(111, LogLevel.Warning, "The mount {Path} is busy; it is detached and goes when its last user does.")]
    internal static partial void MountBusy(this ILogger logger, string path);

    [LoggerMessage(112, LogLevel.Information, "Unmounted {Path}, which an ended process had left.")]
    internal static partial void LeftMountRemoved(this ILogger logger, string path);

    [LoggerMessage(113, LogLevel.Debug, "The mount API of this kernel cannot stack these layers ({Reason}); mount(2) is used.")]
    internal static partial void MountApiRefused(this ILogger logger, string reason);

    [LoggerMessage(114, LogLevel.Information, "Upper directories do not tell all that changed ({Reason}): changes are found by comparing trees.")]
    internal static partial void NativeDiffUnusable(this ILogger logger, string reason);

    [LoggerMessage(120, LogLevel.Information, "Removed the staged layer {CacheId}, which an ended process had left.")]
    internal static partial void LeftStagingRemoved(this ILogger logger, string cacheId);

    [LoggerMessage(121, LogLevel.Information, "Finished the removal of layer {CacheId}.")]
    internal static partial void RemovalFinished(this ILogger logger, string cacheId);

    [LoggerMessage(122, LogLevel.Warning, "The layer {ChainId} is ignored: {Reason}")]
    internal static partial void LayerIgnored(this ILogger logger, string chainId, string reason);

    [LoggerMessage(123, LogLevel.Warning, "A leftover cannot be removed now and is tried again at the next start: {Reason}")]
    internal static partial void LeftoverStays(this ILogger logger, string reason);

    [LoggerMessage(124, LogLevel.Debug, "Committed layer {ChainId} as {CacheId}.")]
    internal static partial void Committed(this ILogger logger, string chainId, string cacheId);

    [LoggerMessage(125, LogLevel.Debug, "Removed layer {ChainId} ({CacheId}).")]
    internal static partial void Removed(this ILogger logger, string chainId, string cacheId);

    [LoggerMessage(126, LogLevel.Warning, "The writable layer {Name} is ignored: {Reason}")]
    internal static partial void WritableLayerIgnored(this ILogger logger, string name, string reason);
}
