using System.Text.Json;

namespace OciImages.Internal;

/// <summary>The property <c>platform</c> of descriptors, as image-spec's Go struct is written.</summary>
internal static class PlatformJson
{
    private static readonly string[] Names = ["architecture", "os", "os.version", "os.features", "variant"];

    internal static Platform Read(JsonElement element, string where)
    {
        var members = JsonMembers.Of(element, Names, where);
        return new Platform(members.RequiredText("os"), members.RequiredText("architecture"), members.OptionalText("variant"))
        {
            OsVersion = members.OptionalText("os.version"),
            OsFeatures = members.OptionalTexts("os.features") ?? [],
        };
    }

    internal static void Write(Utf8JsonWriter writer, Platform platform)
    {
        writer.WriteStartObject();
        writer.WriteString("architecture"u8, platform.Architecture);
        writer.WriteString("os"u8, platform.Os);
        if (platform.OsVersion is not null)
            writer.WriteString("os.version"u8, platform.OsVersion);
        if (platform.OsFeatures.Count > 0)
        {
            writer.WriteStartArray("os.features"u8);
            foreach (string feature in platform.OsFeatures)
                writer.WriteStringValue(feature);
            writer.WriteEndArray();
        }
        if (platform.Variant is not null)
            writer.WriteString("variant"u8, platform.Variant);
        writer.WriteEndObject();
    }
}
