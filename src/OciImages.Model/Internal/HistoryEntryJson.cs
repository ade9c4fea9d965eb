using System.Text.Json;
using OciImages.Configs;

namespace OciImages.Internal;

/// <summary>The entries of a config's <c>history</c>.</summary>
internal static class HistoryEntryJson
{
    private static readonly string[] Names = ["created", "created_by", "author", "comment", "empty_layer"];

    internal static HistoryEntry Read(JsonElement element, string where)
    {
        var members = JsonMembers.Of(element, Names, where);
        return new HistoryEntry
        {
            Created = JsonTime.Optional(members, "created"),
            SubTick = JsonTime.SubTick(members, "created"),
            CreatedBy = members.OptionalText("created_by") ?? "",
            Author = members.OptionalText("author") ?? "",
            Comment = members.OptionalText("comment") ?? "",
            EmptyLayer = members.Flag("empty_layer"),
        };
    }

    internal static void Write(Utf8JsonWriter writer, HistoryEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteString("created"u8, JsonTime.Format(entry.Created, entry.SubTick));
        WriteUnlessEmpty(writer, "author", entry.Author);
        WriteUnlessEmpty(writer, "created_by", entry.CreatedBy);
        WriteUnlessEmpty(writer, "comment", entry.Comment);
        if (entry.EmptyLayer)
            writer.WriteBoolean("empty_layer"u8, true);
        writer.WriteEndObject();
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter writer, string name, string value)
    {
        if (value.Length > 0)
            writer.WriteString(name, value);
    }
}
