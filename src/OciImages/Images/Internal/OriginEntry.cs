using System.Text.Json;

namespace OciImages.Images.Internal;

/// <summary>The JSON of an origin.</summary>
internal sealed record OriginEntry(string? Reference, Descriptor? Manifest, List<Descriptor>? Indexes, Platform? Platform)
{
    internal static OriginEntry Of(ImageOrigin origin) => new(
        origin.Reference.ToString(), Slim(origin.Manifest), origin.Indexes.Count == 0 ? null : [.. origin.Indexes.Select(Slim)], origin.Platform);

    internal ImageOrigin ToOrigin()
    {
        if (Manifest is null || Indexes?.Contains(null!) == true)
            throw new JsonException("a descriptor is missing");
        return new ImageOrigin(ImageReference.Parse(Reference ?? ""), Manifest) { Indexes = Indexes ?? [], Platform = Platform };
    }

    // Annotations and embedded content are the registry's, and of any size.
    private static Descriptor Slim(Descriptor descriptor) => new(descriptor.MediaType, descriptor.Digest, descriptor.Size);
}
