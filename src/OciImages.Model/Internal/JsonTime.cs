using System.Text.Json;

namespace OciImages.Internal;

/// <summary>Times as Go writes and reads them: RFC 3339 with an offset, and up to nine digits of a second of which we keep seven.</summary>
internal static class JsonTime
{
    internal static DateTimeOffset? Optional(JsonMembers members, string name)
    {
        if (members.OptionalText(name) is not { } text)
            return null;
        // The BCL's reader takes dates alone and times of no zone, too.
        bool complete = text.Length >= 20 && text[10] == 'T' && (text[^1] == 'Z' || text[^6] is '+' or '-');
        return complete && members[name].TryGetDateTimeOffset(out var time)
            ? time
            : throw members.Fault(name, $"is not a time: {Excerpt.Of(text)}");
    }
}
