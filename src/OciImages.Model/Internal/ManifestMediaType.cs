using System.Text.Json;

namespace OciImages.Internal;

/// <summary>Finds out what a document is, and refuses one that is two things or none.</summary>
internal static class ManifestMediaType
{
    /// <summary>Refuses the media types that are known not to be read.</summary>
    internal static void CheckSupported(string? mediaType, string where)
    {
        if (mediaType is null || MediaTypes.IsImageManifest(mediaType) || MediaTypes.IsIndex(mediaType))
            return;
        throw MediaTypes.IsSchema1(mediaType)
            ? Schema1(where)
            : new OciException(OciErrorKind.Unsupported, $"{where} has a media type that is not supported: {Excerpt.Of(mediaType)}.");
    }

    /// <summary>Finds the media type of a manifest or index.</summary>
    /// <param name="declared">The media type that it came with, if that says anything.</param>
    /// <param name="members">The document.</param>
    /// <returns>One of the four supported media types.</returns>
    internal static string Resolve(string? declared, JsonMembers members)
    {
        string? written = members.OptionalText("mediaType") is { Length: > 0 } text ? text : null;
        CheckSupported(written, members.Where);
        CheckVersion(members);
        if (declared is not null && written is not null && declared != written)
            throw StrictJson.Fault(members.Where, $"came as {declared}, but says that it is {written}");

        bool isManifest = members.Has("config") || members.Has("layers") || members.Has("fsLayers");
        bool isIndex = members.Has("manifests");
        if (isManifest && isIndex)
        {
            throw StrictJson.Fault(
                members.Where, "is both a manifest and an index: it has \"manifests\" as well as \"config\" or \"layers\"");
        }
        string mediaType = declared ?? written ?? (isIndex ? MediaTypes.OciIndex : MediaTypes.OciManifest);
        if (isManifest && MediaTypes.IsIndex(mediaType))
            throw StrictJson.Fault(members.Where, $"is called {mediaType}, but has the members of a manifest");
        if (isIndex && MediaTypes.IsImageManifest(mediaType))
            throw StrictJson.Fault(members.Where, $"is called {mediaType}, but has the members of an index");
        // OCI lets it out, Docker does not.
        if (written is null && mediaType is MediaTypes.DockerManifest or MediaTypes.DockerManifestList)
            throw members.Fault("mediaType", $"is missing, which {mediaType} does not allow");
        return mediaType;
    }

    private static void CheckVersion(JsonMembers members)
    {
        if (members["schemaVersion"].ValueKind == JsonValueKind.Undefined)
            throw members.Has("fsLayers") ? Schema1(members.Where) : members.Fault("schemaVersion", "is missing");
        long version = members.RequiredInt64("schemaVersion");
        if (version == 1)
            throw Schema1(members.Where);
        if (version != 2)
            throw members.Fault("schemaVersion", $"must be 2, not {version}");
    }

    private static OciException Schema1(string where) => new(
        OciErrorKind.Unsupported,
        $"{where} is a Docker image manifest of version 2, schema 1, which is deprecated and not supported: "
        + "push the image again with a current tool.");
}
