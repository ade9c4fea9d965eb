namespace OciImages.Testing;

/// <summary>The media types of an image.</summary>
public enum TestImageFormat
{
    /// <summary>OCI image specification.</summary>
    Oci,

    /// <summary>Docker's image manifest, version 2, schema 2.</summary>
    Docker,
}
