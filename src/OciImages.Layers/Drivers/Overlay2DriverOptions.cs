namespace OciImages.Layers.Drivers;

/// <summary>Settings of <see cref="Overlay2Driver"/>.</summary>
public sealed class Overlay2DriverOptions
{
    /// <summary>Where mounts go that are asked for without a target; each gets a new directory there.</summary>
    /// <value>Default: null, for <c>mounts</c> in the driver's directory, which dockerd ignores.</value>
    public string? MountsDirectory { get; set; }

    /// <summary>What layers may hold.</summary>
    /// <value>Default: a policy with its own defaults.</value>
    public UnpackPolicy Policy { get; set; } = new();
}
