namespace OciImages.Images;

/// <summary>
/// By which manifest an image came here or went from here. The manifest, and the indexes that lead to it, are kept in the content store as
/// long as the image is.
/// </summary>
/// <param name="Reference">What was pulled or pushed, with a tag or a digest.</param>
/// <param name="Manifest">The image manifest, with its media type and size.</param>
/// <remarks>Equality of the record compares the indexes by reference; see <see cref="IsSame"/>.</remarks>
public sealed record ImageOrigin(ImageReference Reference, Descriptor Manifest)
{
    /// <summary>The indexes that lead to the manifest, outermost first.</summary>
    /// <value>Default: empty; the reference names the manifest itself.</value>
    public IReadOnlyList<Descriptor> Indexes { get; init; } = [];

    /// <summary>The platform by which the manifest was chosen, as the index names it.</summary>
    /// <value>Default: null; there was no index, or it names none.</value>
    public Platform? Platform { get; init; }

    /// <summary>What the reference names: the outermost index, or the manifest.</summary>
    public Descriptor Root => Indexes.Count > 0 ? Indexes[0] : Manifest;

    /// <summary>Whether another origin tells the same: the reference, and the digests of the manifest and of the indexes.</summary>
    /// <param name="other">The other.</param>
    /// <returns>Whether it does.</returns>
    public bool IsSame(ImageOrigin other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Reference == other.Reference && Manifest.Digest == other.Manifest.Digest
            && Indexes.Select(index => index.Digest).SequenceEqual(other.Indexes.Select(index => index.Digest));
    }
}
