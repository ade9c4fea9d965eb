namespace OciImages.Content.Local;

/// <summary>The file <c>oci-layout</c>: OCI image specification, "Image Layout".</summary>
internal sealed record LayoutVersion(string ImageLayoutVersion);
