using System.Globalization;
using System.Text.RegularExpressions;

namespace OciImages.Removal;

/// <summary>Docker's filters for a prune, as its command line has them: <c>until=24h</c>, <c>label=key=value</c>, <c>label!=key</c>.</summary>
public static partial class PruneFilters
{
    /// <summary>Reads filters.</summary>
    /// <param name="filters">The filters.</param>
    /// <param name="now">What durations are counted back from, and whose offset a time without one has.</param>
    /// <returns>Options with what the filters say.</returns>
    /// <exception cref="OciException">A filter is unknown or malformed, or there is more than one time (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static PruneOptions Parse(IEnumerable<string> filters, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var options = new PruneOptions();
        var labels = new List<string>();
        var without = new List<string>();
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=', StringComparison.Ordinal);
            string value = equals < 0 ? "" : filter[(equals + 1)..];
            switch (equals < 0 ? "" : filter[..equals].TrimEnd())
            {
                case "until" when options.Until is null:
                    options.Until = ParseTime(value, now);
                    break;
                case "until":
                    throw new OciException(OciErrorKind.InvalidInput, "more than one until filter specified");
                case "label":
                    labels.Add(value);
                    break;
                case "label!":
                    without.Add(value);
                    break;
                case "dangling":
                    options.All = value switch { "true" or "1" => false, "false" or "0" => true, _ => throw Invalid(filter) };
                    break;
                default:
                    throw Invalid(filter);
            }
        }
        options.Labels = labels;
        options.WithoutLabels = without;
        return options;
    }

    private static DateTimeOffset ParseTime(string text, DateTimeOffset now)
    {
        if (ParseDuration(text) is { } duration)
            return now - duration;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) && Math.Abs(seconds) < 253402300800)
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (text.Length >= 4 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            bool hasZone = text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal) && text.Contains('T', StringComparison.Ordinal);
            return hasZone ? time : new DateTimeOffset(time.UtcDateTime, now.Offset);
        }
        throw Invalid($"until={text}");
    }

    // Go's durations: 1h30m, 90s, 1.5h.
    private static TimeSpan? ParseDuration(string text)
    {
        if (!DurationText().IsMatch(text))
            return null;
        double seconds = 0;
        foreach (Match part in DurationPart().Matches(text))
        {
            seconds += double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * part.Groups[2].Value switch
            {
                "h" => 3600,
                "m" => 60,
                "s" => 1,
                "ms" => 1e-3,
                "us" or "µs" => 1e-6,
                _ => 1e-9,
            };
        }
        return seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : throw Invalid($"until={text}");
    }

    private static OciException Invalid(string filter) => new(OciErrorKind.InvalidInput, $"Invalid filter '{filter}'");

    [GeneratedRegex(@"^\+?(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$", RegexOptions.CultureInvariant)]
    private static partial Regex DurationText();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)", RegexOptions.CultureInvariant)]
    private static partial Regex DurationPart();
}
