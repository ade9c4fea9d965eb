using System.Globalization;
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

    /// <summary>The eighth and ninth digit of a second, which <see cref="Optional"/> leaves out, as a number of nanoseconds.</summary>
    internal static int SubTick(JsonMembers members, string name)
    {
        if (members.OptionalText(name) is not { } text)
            return 0;
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? 0 : (10 * Digit(dot + 8)) + Digit(dot + 9);

        // Digits end where the zone begins.
        int Digit(int index) => index < text.Length && !text.AsSpan(dot + 1, index - dot).ContainsAnyExceptInRange('0', '9') ? text[index] - '0' : 0;
    }

    /// <summary>A time as Go writes it, without zeros at the end of a second; null is Go's time zero.</summary>
    internal static string Format(DateTimeOffset? time, int subTick)
    {
        var known = time ?? DateTimeOffset.MinValue;
        string zone = known.Offset == TimeSpan.Zero ? "Z" : known.ToString("zzz", CultureInfo.InvariantCulture);
        string format = subTick == 0 ? "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF" : "yyyy-MM-dd'T'HH:mm:ss.fffffff";
        string digits = subTick == 0 ? "" : subTick.ToString("00", CultureInfo.InvariantCulture).TrimEnd('0');
        return known.ToString(format, CultureInfo.InvariantCulture) + digits + zone;
    }
}
