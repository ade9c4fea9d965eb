namespace OciImages.Layers.Drivers;

/// <summary>What a layer may hold. Layers come from strangers: the limits stop bombs before they fill the disk.</summary>
public sealed class UnpackPolicy
{
    /// <summary>Whether layers with character or block devices are refused.</summary>
    /// <value>Default: false, as Docker does.</value>
    public bool RefuseDevices { get; set; }

    /// <summary>Whether layers with setuid or setgid files are refused.</summary>
    /// <value>Default: false, as Docker does; most base images hold some.</value>
    public bool RefuseSetuid { get; set; }

    /// <summary>How many members one layer may have.</summary>
    /// <value>Default: 1,000,000. At least 0.</value>
    public long MaxEntries { get; set; } = 1_000_000;

    /// <summary>How many bytes the files of one layer may have together, counted as they appear on disk, holes included.</summary>
    /// <value>Default: 32 GiB. At least 0.</value>
    public long MaxSize { get; set; } = 32L << 30;
}
