namespace OciImages.TestSupport.Tars;

/// <summary>The four ways in which GNU tar writes a sparse file.</summary>
public enum TarSparseForm
{
    /// <summary>Type S with the map in GNU headers.</summary>
    Gnu,

    /// <summary>PAX records GNU.sparse.offset and GNU.sparse.numbytes.</summary>
    Pax00,

    /// <summary>PAX record GNU.sparse.map.</summary>
    Pax01,

    /// <summary>The map as text before the content.</summary>
    Pax10,
}
