namespace OciImages.Checks;

/// <summary>What <see cref="IImageChecker.CheckAsync"/> looks at, and whether it acts.</summary>
public sealed class CheckOptions
{
    /// <summary>Whether all content is hashed again and the tar of every layer is rebuilt and compared with its DiffID, which reads all files.</summary>
    /// <value>Default: false.</value>
    public bool Deep { get; set; }

    /// <summary>Whether to do what the findings say a repair does.</summary>
    /// <value>Default: false; nothing is changed.</value>
    public bool Repair { get; set; }
}
