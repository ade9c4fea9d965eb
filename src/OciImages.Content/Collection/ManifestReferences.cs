using OciImages.Manifests;

namespace OciImages.Content.Collection;

/// <summary>What manifests and indexes refer to.</summary>
public static class ManifestReferences
{
    /// <summary>Reads, verified, what a descriptor names and gives its config and layers, or its manifests.</summary>
    /// <remarks>
    /// By its media type. Where that is empty, as old registries leave it, content that reads as a manifest is one. A <c>subject</c> is
    /// not followed: a signature does not keep what it signs.
    /// </remarks>
    /// <param name="content">The store.</param>
    /// <param name="descriptor">Any content.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The references; empty for anything but a manifest or index, and for one that is not in the store.</returns>
    /// <exception cref="OciException">
    /// A manifest or index is damaged (<see cref="OciErrorKind.Corrupt"/>), malformed or too large
    /// (<see cref="OciErrorKind.InvalidInput"/>) or of schema 1 (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    public static async ValueTask<IReadOnlyList<Descriptor>> ReadAsync(
        IContentReader content, Descriptor descriptor, CancellationToken cancellationToken = default)
    {
        string type = descriptor.MediaType;
        if (type.Length > 0 && !MediaTypes.IsImageManifest(type) && !MediaTypes.IsIndex(type) && !MediaTypes.IsSchema1(type))
            return [];
        if (await ReadBytesAsync(content, descriptor.Digest, type, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return [];
        try
        {
            return Manifest.Parse(new ManifestContent(type, bytes, descriptor.Digest)) switch
            {
                ImageManifest manifest => [manifest.Config, .. manifest.Layers],
                ImageIndex index => index.Manifests,
                _ => [],
            };
        }
        catch (OciException e) when (type.Length == 0 && e.Kind == OciErrorKind.InvalidInput)
        {
            return []; // a config, or anything else
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadBytesAsync(
        IContentReader content, Digest digest, string type, CancellationToken cancellationToken)
    {
        try
        {
            return await content.ReadSmallAsync(digest, ManifestContent.MaxSize, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.NotFound || (type.Length == 0 && e.Kind == OciErrorKind.InvalidInput))
        {
            return null; // deleted meanwhile, or too large for what it might be
        }
    }
}
