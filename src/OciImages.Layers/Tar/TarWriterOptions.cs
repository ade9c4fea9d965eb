namespace OciImages.Layers.Tar;

/// <summary>How a <see cref="TarWriter"/> writes.</summary>
public sealed class TarWriterOptions
{
    /// <summary>Whether times of modification keep their nanoseconds, which takes a PAX header for each that has some.</summary>
    /// <value>False by default: they are cut to whole seconds, downwards, as Docker does in layers.</value>
    public bool SubSecondTimes { get; set; }
}
