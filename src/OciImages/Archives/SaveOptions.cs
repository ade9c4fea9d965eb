namespace OciImages.Archives;

/// <summary>What an archive gets.</summary>
public sealed class SaveOptions
{
    /// <summary>
    /// Whether the indexes that images were pulled by are written with everything that they name, so that the archive serves every platform. It
    /// must all be here.
    /// </summary>
    /// <value>Default: false, for the images alone.</value>
    public bool AllPlatforms { get; set; }
}
