using System.Text.Json;
using System.Text.Json.Serialization;
using OciImages.Internal;

namespace OciImages;

/// <summary>Reads and writes a <see cref="Descriptor"/> with the names and the order of the OCI image specification.</summary>
public sealed class DescriptorJsonConverter : JsonConverter<Descriptor>
{
    /// <inheritdoc/>
    public override Descriptor Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return DescriptorJson.Read(document.RootElement, "The descriptor");
        }
        catch (OciException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Descriptor value, JsonSerializerOptions options) =>
        DescriptorJson.Write(writer, value);
}
