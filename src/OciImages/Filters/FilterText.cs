using System.Globalization;

namespace OciImages.Filters;

/// <summary>Reads filters as Docker's command line has them, <c>name=value</c>.</summary>
internal static class FilterText
{
    /// <summary>Cuts filters into names, in lower case, and values.</summary>
    internal static IEnumerable<(string Name, string Value)> Read(IEnumerable<string> filters)
    {
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                throw new OciException(OciErrorKind.InvalidInput, $"bad format of filter (expected name=value): {filter}");
            yield return (filter[..equals].Trim().ToLowerInvariant(), filter[(equals + 1)..].Trim());
        }
    }

    /// <summary>A time: RFC 3339 or a part of it, seconds since 1970, or a duration to count back from now.</summary>
    internal static DateTimeOffset ParseTime(string text, DateTimeOffset now)
    {
        if (GoDuration.TryParse(text, out var duration))
            return now - duration;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) && Math.Abs(seconds) < 253402300800)
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (text.Length >= 4 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            int t = text.IndexOf('T', StringComparison.Ordinal);
            bool hasZone = text.EndsWith('Z') || (t >= 0 && text.LastIndexOfAny(['+', '-']) > t);
            return hasZone ? time : new DateTimeOffset(time.UtcDateTime, now.Offset);
        }
        throw Invalid("until", text);
    }

    /// <summary>Whether an image has a label: <c>key</c> for any value, or <c>key=value</c>.</summary>
    internal static bool HasLabel(IReadOnlyDictionary<string, string> labels, string label)
    {
        int equals = label.IndexOf('=', StringComparison.Ordinal);
        string key = equals < 0 ? label : label[..equals];
        return labels.TryGetValue(key, out string? value) && (equals < 0 || value == label[(equals + 1)..]);
    }

    internal static OciException Unknown(string name) => new(OciErrorKind.InvalidInput, $"Invalid filter '{name}'");

    internal static OciException Invalid(string name, string value) => new(OciErrorKind.InvalidInput, $"Invalid filter '{name}=[{value}]'");
}
