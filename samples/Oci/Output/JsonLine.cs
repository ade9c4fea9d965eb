using System.Text.Encodings.Web;
using System.Text.Json;

namespace Oci.Output;

/// <summary>One JSON object of strings on a line of its own.</summary>
internal static class JsonLine
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Stream output, params ReadOnlySpan<(string Name, string Value)> members)
    {
        using (var writer = new Utf8JsonWriter(output, Options))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in members)
                writer.WriteString(name, value);
            writer.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }
}
