using OciImages.Layers;

namespace OciImages.Roots;

/// <summary>Where images are kept, and by which storage driver.</summary>
public sealed class ImageRootOptions
{
    /// <summary>The data root; made when it is missing. A dockerd's own root can be opened.</summary>
    /// <value>
    /// Default: <c>$OCI_ROOT</c>; without it <c>/var/lib/oci-images</c> for root on Linux, else <c>oci-images</c> in the user's local
    /// data folder.
    /// </value>
    public string Path { get; set; } = DefaultPath();

    /// <summary>The storage driver: <c>overlay2</c>, <c>vfs</c>, <c>blob</c>, or one that was added by name.</summary>
    /// <value>Default: <c>overlay2</c> for root on Linux, <c>vfs</c> for others there, <c>blob</c> elsewhere.</value>
    public string Driver { get; set; } = DefaultDriver();

    /// <summary>Storage drivers of the host, by name.</summary>
    /// <value>Default: empty.</value>
    public IDictionary<string, Func<StorageDriverContext, IStorageDriver>> Drivers { get; } =
        new Dictionary<string, Func<StorageDriverContext, IStorageDriver>>(StringComparer.Ordinal);

    /// <summary>The clock.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    private static string DefaultPath()
    {
        if (Environment.GetEnvironmentVariable("OCI_ROOT") is { Length: > 0 } root)
            return root;
        return OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? "/var/lib/oci-images"
            : System.IO.Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "oci-images");
    }

    private static string DefaultDriver()
    {
        if (!OperatingSystem.IsLinux())
            return "blob";
        return Environment.IsPrivilegedProcess ? "overlay2" : "vfs";
    }
}
