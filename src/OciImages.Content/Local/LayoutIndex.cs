namespace OciImages.Content.Local;

/// <summary>The file <c>index.json</c>: an image index. OCI image specification, "Image Layout".</summary>
internal sealed record LayoutIndex(
    int SchemaVersion, IReadOnlyList<Descriptor> Manifests, string? MediaType = null, Dictionary<string, string>? Annotations = null);
