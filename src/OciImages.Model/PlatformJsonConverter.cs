using System.Text.Json;
using System.Text.Json.Serialization;
using OciImages.Internal;

namespace OciImages;

/// <summary>Reads and writes a <see cref="Platform"/> with the names and the order of the OCI image specification.</summary>
public sealed class PlatformJsonConverter : JsonConverter<Platform>
{
    /// <inheritdoc/>
    public override Platform Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return PlatformJson.Read(document.RootElement, "The platform");
        }
        catch (OciException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Platform value, JsonSerializerOptions options) => PlatformJson.Write(writer, value);
}
