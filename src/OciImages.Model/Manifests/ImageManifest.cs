using OciImages.Internal;

namespace OciImages.Manifests;

/// <summary>The manifest of one image or artifact: its config and its layers.</summary>
public sealed class ImageManifest : Manifest
{
    internal ImageManifest(ManifestContent content, string mediaType, JsonMembers members)
        : base(content, mediaType, members)
    {
        // Registries before 2017 gave the config any media type or none (distribution/distribution issue 1621).
        Config = DescriptorJson.Read(members["config"], members.Path("config"), anyMediaType: mediaType == MediaTypes.DockerManifest);
        Layers = ReadDescriptors(members, "layers");
    }

    /// <summary>The config. In a Docker manifest its media type may be anything, even empty.</summary>
    public Descriptor Config { get; }

    /// <summary>The layers, lowest first.</summary>
    public IReadOnlyList<Descriptor> Layers { get; }

    /// <summary>
    /// The type by which registries list it as a referrer: <see cref="Manifest.ArtifactType"/>, else the config's media type.
    /// OCI distribution specification, "Listing Referrers".
    /// </summary>
    public string EffectiveArtifactType => ArtifactType ?? Config.MediaType;

    /// <summary>Makes a manifest, with the bytes that Go's image-spec types would be written as.</summary>
    /// <param name="config">The config.</param>
    /// <param name="layers">The layers, lowest first.</param>
    /// <param name="mediaType"><see cref="MediaTypes.OciManifest"/> or <see cref="MediaTypes.DockerManifest"/>.</param>
    /// <param name="artifactType">The type of the artifact, or null for an image.</param>
    /// <param name="subject">The manifest that it is about, or null.</param>
    /// <param name="annotations">Arbitrary metadata, or null.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="OciException">
    /// A value is malformed or the manifest becomes too large (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    public static ImageManifest Create(
        Descriptor config,
        IReadOnlyList<Descriptor> layers,
        string mediaType = MediaTypes.OciManifest,
        string? artifactType = null,
        Descriptor? subject = null,
        IReadOnlyDictionary<string, string>? annotations = null)
    {
        if (!MediaTypes.IsImageManifest(mediaType))
            throw new OciException(OciErrorKind.InvalidInput, $"Not the media type of an image manifest: {Excerpt.Of(mediaType)}.");
        var content = ManifestWriter.Write(mediaType, artifactType, subject, annotations, writer =>
        {
            writer.WritePropertyName("config"u8);
            DescriptorJson.Write(writer, config);
            ManifestWriter.WriteDescriptors(writer, "layers", layers);
        });
        return (ImageManifest)Parse(content);
    }
}
