using System.Globalization;
using System.Text.RegularExpressions;

namespace OciImages;

/// <summary>Durations as Go's <c>time.ParseDuration</c> reads them, such as <c>1h30m</c>, <c>1.5s</c> or <c>-20ms</c>.</summary>
public static partial class GoDuration
{
    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text: numbers, each with a unit of <c>h m s ms us µs ns</c>, together with an optional sign; or <c>0</c>.</param>
    /// <param name="duration">The duration, to 100 ns.</param>
    /// <returns>Whether it is one, and shorter than Go's longest, 292 years.</returns>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text is "0" or "+0" or "-0")
            return true;
        if (text is null || !Whole().IsMatch(text))
            return false;
        decimal nanoseconds = 0;
        foreach (Match part in Part().Matches(text))
        {
            var number = part.Groups[1].ValueSpan;
            // What decimal cannot hold, no duration is as long as.
            if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) || value > long.MaxValue)
                return false;
            nanoseconds += value * Unit(part.Groups[2].ValueSpan);
        }
        if (nanoseconds > long.MaxValue)
            return false;
        long ticks = (long)(nanoseconds / 100);
        duration = TimeSpan.FromTicks(text[0] == '-' ? -ticks : ticks);
        return true;
    }

    private static long Unit(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "ns" => 1,
        _ => 1_000,
    };

    // The micro sign and the Greek letter, as Go.
    [GeneratedRegex(@"^[+-]?((\d+\.?\d*|\.\d+)(h|ms|m|s|us|\u00b5s|\u03bcs|ns))+\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|\u00b5s|\u03bcs|ns)", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Part();
}
