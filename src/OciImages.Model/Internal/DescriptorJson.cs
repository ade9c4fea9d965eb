using System.Buffers;
using System.Text.Json;

namespace OciImages.Internal;

/// <summary>Descriptors, as image-spec's Go struct is written.</summary>
internal static class DescriptorJson
{
    private static readonly string[] Names =
        ["mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"];

    private static readonly SearchValues<char> EncodedCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789=_-");

    internal static Descriptor Read(JsonElement element, string where) => Read(element, where, anyMediaType: false);

    /// <summary>Reads a descriptor.</summary>
    /// <param name="element">The object.</param>
    /// <param name="where">Where it stands, for messages.</param>
    /// <param name="anyMediaType">Whether its media type may be anything, even empty or missing.</param>
    /// <returns>The descriptor.</returns>
    internal static Descriptor Read(JsonElement element, string where, bool anyMediaType)
    {
        var members = JsonMembers.Of(element, Names, where);
        string mediaType = anyMediaType ? members.OptionalText("mediaType") ?? "" : members.RequiredText("mediaType");
        if (!anyMediaType && !MediaTypeGrammar.IsMediaType(mediaType))
            throw members.Fault("mediaType", $"is not a media type: {Excerpt.Of(mediaType)}");
        long size = members.RequiredInt64("size");
        if (size < 0)
            throw members.Fault("size", $"is negative: {size}");
        return new Descriptor(mediaType, ReadDigest(members), size)
        {
            Urls = members.OptionalTexts("urls"),
            Annotations = members.OptionalTextMap("annotations"),
            Data = ReadData(members),
            Platform = members.Has("platform") ? PlatformJson.Read(members["platform"], members.Path("platform")) : null,
            ArtifactType = ReadArtifactType(members),
        };
    }

    /// <summary>The member <c>artifactType</c> of descriptors, manifests and indexes; null when it is missing, null or empty.</summary>
    internal static string? ReadArtifactType(JsonMembers members)
    {
        string? type = members.OptionalText("artifactType");
        if (string.IsNullOrEmpty(type))
            return null;
        return MediaTypeGrammar.IsMediaType(type)
            ? type
            : throw members.Fault("artifactType", $"is not a media type: {Excerpt.Of(type)}");
    }

    internal static void Write(Utf8JsonWriter writer, Descriptor descriptor)
    {
        writer.WriteStartObject();
        writer.WriteString("mediaType"u8, descriptor.MediaType);
        writer.WriteString("digest"u8, descriptor.Digest.ToString());
        writer.WriteNumber("size"u8, descriptor.Size);
        if (descriptor.Urls is { Count: > 0 } urls)
        {
            writer.WriteStartArray("urls"u8);
            foreach (string url in urls)
                writer.WriteStringValue(url);
            writer.WriteEndArray();
        }
        WriteAnnotations(writer, descriptor.Annotations);
        if (descriptor.Data is { Length: > 0 } data)
        {
            // Not WriteBase64String: that escapes the plus sign, and Go does not.
            writer.WriteString("data"u8, Convert.ToBase64String(data.Span));
        }
        if (descriptor.Platform is not null)
        {
            writer.WritePropertyName("platform"u8);
            PlatformJson.Write(writer, descriptor.Platform);
        }
        if (!string.IsNullOrEmpty(descriptor.ArtifactType))
            writer.WriteString("artifactType"u8, descriptor.ArtifactType);
        writer.WriteEndObject();
    }

    // Go sorts the keys of maps.
    internal static void WriteAnnotations(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? annotations)
    {
        if (annotations is not { Count: > 0 })
            return;
        writer.WriteStartObject("annotations"u8);
        foreach (var (key, value) in annotations.OrderBy(a => a.Key, StringComparer.Ordinal))
            writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    private static Digest ReadDigest(JsonMembers members)
    {
        string text = members.RequiredText("digest");
        if (Digest.TryParse(text, out var digest))
            return digest;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        // Well-formed, so it may be valid by a later specification.
        if (colon > 0 && IsAlgorithm(text.AsSpan(0, colon)) && !DigestAlgorithm.TryGet(text.AsSpan(0, colon), out _)
            && colon + 1 < text.Length && !text.AsSpan(colon + 1).ContainsAnyExcept(EncodedCharacters))
        {
            throw new OciException(
                OciErrorKind.Unsupported, $"{members.Path("digest")} is of an algorithm that is not supported: {Excerpt.Of(text)}.");
        }
        throw members.Fault("digest", $"is malformed: {Excerpt.Of(text)}");
    }

    private static bool IsAlgorithm(ReadOnlySpan<char> text)
    {
        char previous = '+';
        foreach (char c in text)
        {
            bool separator = c is '+' or '.' or '_' or '-';
            if (separator ? !char.IsAsciiLetterOrDigit(previous) : !char.IsAsciiDigit(c) && !char.IsAsciiLetterLower(c))
                return false;
            previous = c;
        }
        return char.IsAsciiLetterOrDigit(previous);
    }

    private static ReadOnlyMemory<byte>? ReadData(JsonMembers members)
    {
        if (members.OptionalText("data") is not { } text)
            return null;
        byte[] bytes = new byte[text.Length / 4 * 3];
        return Convert.TryFromBase64String(text, bytes, out int length)
            ? bytes.AsMemory(0, length)
            : throw members.Fault("data", "is not base64");
    }
}
