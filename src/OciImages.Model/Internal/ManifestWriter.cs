using System.Buffers;
using System.Text.Json;
using OciImages.Manifests;

namespace OciImages.Internal;

/// <summary>Writes manifests and indexes compactly, with the order and the escapes of Go's encoding/json.</summary>
internal static class ManifestWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };

    internal static ManifestContent Write(
        string mediaType,
        string? artifactType,
        Descriptor? subject,
        IReadOnlyDictionary<string, string>? annotations,
        Action<Utf8JsonWriter> writeOwn)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion"u8, 2);
            writer.WriteString("mediaType"u8, mediaType);
            if (!string.IsNullOrEmpty(artifactType))
                writer.WriteString("artifactType"u8, artifactType);
            writeOwn(writer);
            if (subject is not null)
            {
                writer.WritePropertyName("subject"u8);
                DescriptorJson.Write(writer, subject);
            }
            DescriptorJson.WriteAnnotations(writer, annotations);
            writer.WriteEndObject();
        }
        return new ManifestContent(mediaType, buffer.WrittenMemory);
    }

    internal static void WriteDescriptors(Utf8JsonWriter writer, string name, IReadOnlyList<Descriptor> descriptors)
    {
        writer.WriteStartArray(name);
        foreach (var descriptor in descriptors)
            DescriptorJson.Write(writer, descriptor);
        writer.WriteEndArray();
    }
}
