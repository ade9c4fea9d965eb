using OciImages.Internal;

namespace OciImages.Manifests;

/// <summary>An index (in Docker's words a manifest list): the manifests of one image for several platforms, or of anything else.</summary>
public sealed class ImageIndex : Manifest
{
    internal ImageIndex(ManifestContent content, string mediaType, JsonMembers members)
        : base(content, mediaType, members) => Manifests = ReadDescriptors(members, "manifests");

    /// <summary>The manifests, in the order of the index; <see cref="PlatformMatcher.SelectBest"/> chooses among them.</summary>
    public IReadOnlyList<Descriptor> Manifests { get; }

    /// <summary>Makes an index, with the bytes that Go's image-spec types would be written as.</summary>
    /// <param name="manifests">The manifests.</param>
    /// <param name="mediaType"><see cref="MediaTypes.OciIndex"/> or <see cref="MediaTypes.DockerManifestList"/>.</param>
    /// <param name="artifactType">The type of the artifact, or null for an image.</param>
    /// <param name="subject">The manifest that it is about, or null.</param>
    /// <param name="annotations">Arbitrary metadata, or null.</param>
    /// <returns>The index.</returns>
    /// <exception cref="OciException">
    /// A value is malformed or the index becomes too large (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    public static ImageIndex Create(
        IReadOnlyList<Descriptor> manifests,
        string mediaType = MediaTypes.OciIndex,
        string? artifactType = null,
        Descriptor? subject = null,
        IReadOnlyDictionary<string, string>? annotations = null)
    {
        if (!MediaTypes.IsIndex(mediaType))
            throw new OciException(OciErrorKind.InvalidInput, $"Not the media type of an index: {Excerpt.Of(mediaType)}.");
        var content = ManifestWriter.Write(mediaType, artifactType, subject, annotations, writer =>
            ManifestWriter.WriteDescriptors(writer, "manifests", manifests));
        return (ImageIndex)Parse(content);
    }
}
