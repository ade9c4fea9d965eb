using Microsoft.Extensions.Logging;

namespace OciImages.Roots;

/// <summary>What a storage driver is made from.</summary>
/// <param name="Home">The directory that the driver has for itself; it exists.</param>
/// <param name="MountDirectory">A directory for mount points; made by the driver when it needs it.</param>
/// <param name="LoggerFactory">For the driver's logs.</param>
public sealed record StorageDriverContext(string Home, string MountDirectory, ILoggerFactory LoggerFactory);
