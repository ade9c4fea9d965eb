namespace OciImages.Layers.Tar;

/// <summary>The layout of a header beyond the fields that all formats share.</summary>
internal enum TarFormat
{
    /// <summary>Unix version 7: nothing more.</summary>
    V7,

    /// <summary>POSIX ustar, which PAX uses too.</summary>
    Ustar,

    /// <summary>Schilling's star before it wrote PAX: ustar with a shorter prefix and times.</summary>
    Star,

    /// <summary>GNU: times and sparse maps in the place of the prefix.</summary>
    Gnu,
}
