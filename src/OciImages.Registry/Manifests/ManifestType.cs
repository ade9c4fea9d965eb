using System.Text.Json;
using OciImages.Registry.Http;

namespace OciImages.Registry.Manifests;

/// <summary>Finds the media type of a manifest from what its header and its body say.</summary>
internal static class ManifestType
{
    // What servers say that do not know, or do not care, what they serve.
    private static readonly string[] Meaningless = ["text/plain", "application/json", "application/octet-stream", "binary/octet-stream"];

    /// <summary>The media type that a header gives, without parameters and in lower case; null when it gives none that means something.</summary>
    public static string? OfHeader(HttpResponseMessage response)
    {
        if (!response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values))
            return null;
        string type = values.ToString().Split(';')[0].Trim().ToLowerInvariant();
        return type.Length == 0 || type.Length > 255 || Array.IndexOf(Meaningless, type) >= 0 ? null : type;
    }

    /// <summary>
    /// The media type that a body gives itself, or that its fields show; null when they show none.
    /// A body that could be two things is refused: whoever checks it and whoever uses it must not see different ones (CVE-2021-41190).
    /// </summary>
    /// <exception cref="FormatException">The body is no manifest; the message says why.</exception>
    public static string? OfBody(ReadOnlySpan<byte> json, out bool isStated)
    {
        Fields fields;
        try
        {
            fields = Scan(json);
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            throw new FormatException("is not a JSON object");
        }
        if (fields is { HasManifests: true, HasLayers: true })
            throw new FormatException("is an index and an image manifest at once");
        isStated = !string.IsNullOrEmpty(fields.MediaType);
        if (isStated)
            return fields.MediaType;
        return fields switch
        {
            { SchemaVersion: 1 } => MediaTypes.DockerSchema1Signed,
            { HasManifests: true } => MediaTypes.OciIndex,
            { HasLayers: true, HasConfig: true } => MediaTypes.OciManifest,
            _ => null,
        };
    }

    private static Fields Scan(ReadOnlySpan<byte> json)
    {
        var fields = default(Fields);
        var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isMediaType = reader.ValueTextEquals("mediaType"u8);
            bool isSchemaVersion = reader.ValueTextEquals("schemaVersion"u8);
            fields.HasManifests |= reader.ValueTextEquals("manifests"u8);
            fields.HasLayers |= reader.ValueTextEquals("layers"u8);
            fields.HasConfig |= reader.ValueTextEquals("config"u8);
            reader.Read();
            if (isMediaType && reader.TokenType == JsonTokenType.String)
                fields.MediaType = reader.GetString();
            else if (isSchemaVersion && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int version))
                fields.SchemaVersion = version;
            reader.Skip();
        }
        // Reads what comes after the object, which must be nothing.
        reader.Read();
        return fields;
    }

    private struct Fields
    {
        public string? MediaType;
        public int SchemaVersion;
        public bool HasManifests;
        public bool HasLayers;
        public bool HasConfig;
    }
}
