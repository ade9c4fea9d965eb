using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using OciImages.Catalog;

namespace Oci.Output;

/// <summary>Images as <c>docker image inspect</c> prints them; the config is written as the image has it, unknown members included.</summary>
internal static class InspectJson
{
    public static void Write(Stream output, IReadOnlyList<ImageDetails> images, bool indented)
    {
        var options = new JsonWriterOptions { Indented = indented, IndentSize = 4, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(output, options))
        {
            writer.WriteStartArray();
            foreach (var image in images)
                Write(writer, image);
            writer.WriteEndArray();
        }
        output.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter writer, ImageDetails details)
    {
        var (image, config) = (details.Image, details.Image.Config);
        writer.WriteStartObject();
        writer.WriteString("Id", image.Id.ToString());
        WriteStrings(writer, "RepoTags", image.RepoTags);
        WriteStrings(writer, "RepoDigests", image.RepoDigests);
        writer.WriteString("Parent", details.Parent?.ToString() ?? "");
        writer.WriteString("Comment", details.Comment);
        if (config.Created is { } created)
            writer.WriteString("Created", created.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
        writer.WriteString("DockerVersion", config.DockerVersion ?? "");
        writer.WriteString("Author", config.Author ?? "");
        writer.WritePropertyName("Config");
        if (config.TryGetMember("config", out var runConfig))
            runConfig.WriteTo(writer);
        else
            writer.WriteNullValue();
        writer.WriteString("Architecture", config.Architecture);
        if (config.Variant is { Length: > 0 })
            writer.WriteString("Variant", config.Variant);
        writer.WriteString("Os", config.Os);
        if (config.OsVersion is { Length: > 0 })
            writer.WriteString("OsVersion", config.OsVersion);
        writer.WriteNumber("Size", details.Size);
        WriteDriver(writer, details);
        WriteRootFs(writer, details);
        writer.WriteStartObject("Metadata");
        writer.WriteString("LastTagTime", details.LastTagTime?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) ?? "0001-01-01T00:00:00Z");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteDriver(Utf8JsonWriter writer, ImageDetails details)
    {
        writer.WriteStartObject("GraphDriver");
        writer.WritePropertyName("Data");
        if (details.DriverData is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteStartObject();
            foreach (var (name, value) in details.DriverData.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                writer.WriteString(name, value);
            writer.WriteEndObject();
        }
        writer.WriteString("Name", details.DriverName);
        writer.WriteEndObject();
    }

    private static void WriteRootFs(Utf8JsonWriter writer, ImageDetails details)
    {
        writer.WriteStartObject("RootFS");
        writer.WriteString("Type", "layers");
        WriteStrings(writer, "Layers", details.Image.Config.DiffIds.Select(diffId => diffId.ToString()));
        writer.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
