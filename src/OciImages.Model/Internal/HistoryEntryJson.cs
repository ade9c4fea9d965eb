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
            CreatedBy = members.OptionalText("created_by") ?? "",
            Author = members.OptionalText("author") ?? "",
            Comment = members.OptionalText("comment") ?? "",
            EmptyLayer = members.Flag("empty_layer"),
        };
    }
}
