namespace OciImages.Catalog.Internal;

/// <summary>Names of images as Docker tells them.</summary>
internal static class FamiliarNames
{
    internal static string[] Tags(IEnumerable<ImageReference> references) =>
        [.. references.Where(reference => reference.Tag is not null).Select(reference => reference.ToFamiliarString())];

    internal static string[] Digests(IEnumerable<ImageReference> references) =>
        [.. references.Where(reference => reference.Digest is not null).Select(reference => reference.ToFamiliarString())];

    internal static OciException NoSuchImage(string referenceOrId) => new(
        OciErrorKind.NotFound,
        $"No such image: {(ImageReference.TryParse(referenceOrId, out var reference) ? reference.WithDefaultTag().ToFamiliarString() : referenceOrId)}");
}
