namespace OciImages;

/// <summary>
/// The operating system and processor that an image is for. OCI image specification, "Image Index", property <c>platform</c>;
/// names are Go's GOOS and GOARCH.
/// </summary>
/// <param name="Os">The operating system, such as <c>linux</c>.</param>
/// <param name="Architecture">The processor architecture, such as <c>amd64</c>.</param>
/// <param name="Variant">The variant of the architecture, such as <c>v7</c> of <c>arm</c>; null for none.</param>
public sealed partial record Platform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>The version of the operating system, as Windows images need it; null for none.</summary>
    public string? OsVersion { get; init; }

    /// <summary>Features of the operating system that the image needs, such as <c>win32k</c>.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> OsFeatures { get; init; } = [];
}
