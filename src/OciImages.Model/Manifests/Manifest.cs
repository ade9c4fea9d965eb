using System.Text.Json;
using OciImages.Internal;

namespace OciImages.Manifests;

/// <summary>
/// What a manifest or index says, together with its exact bytes. OCI image specification, "Image Manifest" and "Image Index";
/// Docker's "Image Manifest Version 2, Schema 2" is read into the same model.
/// </summary>
/// <remarks>
/// Every reader must see the same document (CVE-2021-41190): one that is both manifest and index, whose media type differs from
/// the one it came with, or that has a member twice, is refused. Names of members are taken in any case, as Go takes them.
/// </remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public abstract class Manifest
{
    internal static readonly string[] Names =
        ["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations", "fsLayers"];

    private static readonly Dictionary<string, string> NoAnnotations = [];

    private protected Manifest(ManifestContent content, string mediaType, JsonMembers members)
    {
        Content = content;
        MediaType = mediaType;
        ArtifactType = DescriptorJson.ReadArtifactType(members);
        Subject = members.Has("subject") ? DescriptorJson.Read(members["subject"], members.Path("subject")) : null;
        Annotations = members.OptionalTextMap("annotations") ?? NoAnnotations;
    }

    /// <summary>The exact bytes, with their digest.</summary>
    public ManifestContent Content { get; }

    /// <summary>The media type: what the content came with, or, where that says nothing, what the content itself says or is.</summary>
    public string MediaType { get; }

    /// <summary>The type of the artifact that this is; null when it says none.</summary>
    public string? ArtifactType { get; }

    /// <summary>The manifest that this one is about, as a signature is; null for none.</summary>
    public Descriptor? Subject { get; }

    /// <summary>Arbitrary metadata; empty for none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; }

    /// <summary>Reads a manifest or index.</summary>
    /// <param name="content">
    /// The bytes and the media type that they came with. The media types "", <c>application/json</c> and
    /// <c>application/octet-stream</c> say nothing: the content's own counts then, or what its members make it.
    /// </param>
    /// <returns>An <see cref="ImageManifest"/> or an <see cref="ImageIndex"/>.</returns>
    /// <exception cref="OciException">
    /// It is malformed or contradicts itself (<see cref="OciErrorKind.InvalidInput"/>), or it is a Docker schema 1 manifest, of another
    /// media type, or has a digest of another algorithm than are supported (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    public static Manifest Parse(ManifestContent content)
    {
        string where = $"The manifest {content.Descriptor.Digest}";
        string? declared = content.Descriptor.MediaType is "" or "application/json" or "application/octet-stream"
            ? null
            : content.Descriptor.MediaType;
        ManifestMediaType.CheckSupported(declared, where);
        using var document = StrictJson.Parse(content.Bytes, where);
        var members = JsonMembers.Of(document.RootElement, Names, where);
        string mediaType = ManifestMediaType.Resolve(declared, members);
        return MediaTypes.IsIndex(mediaType)
            ? new ImageIndex(content, mediaType, members)
            : new ImageManifest(content, mediaType, members);
    }

    /// <summary>The digest.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Content.Descriptor.Digest.ToString();

    private protected static Descriptor[] ReadDescriptors(JsonMembers members, string name)
    {
        if (members[name].ValueKind == JsonValueKind.Undefined)
            throw members.Fault(name, "is missing");
        // Go writes an empty list that nobody made as null.
        return members.OptionalList(name, DescriptorJson.Read) ?? [];
    }
}
