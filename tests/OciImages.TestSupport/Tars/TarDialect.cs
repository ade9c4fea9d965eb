namespace OciImages.TestSupport.Tars;

/// <summary>How <see cref="TarBuilder"/> writes a header, and where it puts what a plain header cannot hold.</summary>
public enum TarDialect
{
    /// <summary>ustar, with PAX records for what does not fit.</summary>
    Pax,

    /// <summary>ustar; a long name is split into prefix and name.</summary>
    Ustar,

    /// <summary>GNU, with long names (L, K) and base-256 numbers.</summary>
    Gnu,

    /// <summary>No magic at all.</summary>
    V7,
}
