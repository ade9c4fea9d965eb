namespace OciImages.Catalog.Internal;

/// <summary>Names of images as Docker tells them.</summary>
internal static class FamiliarNames
{
    internal static string[] Tags(IEnumerable<ImageReference> references) =>
        [.. references.Where(reference => reference.Tag is not null).Select(reference => reference.ToFamiliarString())];

    internal static string[] Digests(IEnumerable<ImageReference> references) =>
        [.. references.Where(reference => reference.Digest is not null).Select(reference => reference.ToFamiliarString())];

    // What Docker takes for a whole ID gets its algorithm back, whatever was typed.
    internal static OciException NoSuchImage(string typed)
    {
        string name = Digest.TryParse($"sha256:{typed}", out var id) ? id.ToString()
            : ImageReference.TryParse(typed, out var reference) ? reference.WithDefaultTag().ToFamiliarString()
            : typed;
        return new OciException(OciErrorKind.NotFound, $"No such image: {name}");
    }
}
