using System.Globalization;

namespace Oci.Output;

/// <summary>Sizes and times in docker's words.</summary>
internal static class Text
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>Decimal units and three significant digits, such as <c>1.26GB</c>.</summary>
    public static string Size(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 1000 && unit < Units.Length - 1; unit++)
            value /= 1000;
        return value.ToString("G3", CultureInfo.InvariantCulture) is var text && !text.Contains('E', StringComparison.Ordinal)
            ? text + Units[unit]
            : Math.Round(value).ToString(CultureInfo.InvariantCulture) + Units[unit];
    }

    /// <summary>How long ago, such as <c>3 weeks ago</c>; <c>N/A</c> when it is unknown.</summary>
    public static string Ago(DateTimeOffset? time, DateTimeOffset now) => time is null ? "N/A" : $"{Duration(now - time.Value)} ago";

    /// <summary>Go's rendering of a time, as docker's JSON rows have it.</summary>
    public static string Timestamp(DateTimeOffset? time) =>
        time is null ? "N/A" : time.Value.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);

    /// <summary>RFC 3339 in UTC without fractions.</summary>
    public static string Rfc3339(DateTimeOffset? time) =>
        time is null ? "N/A" : time.Value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>What came from outside, without what would steer a terminal.</summary>
    public static string Plain(string text) => text.Any(char.IsControl)
        ? string.Create(text.Length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
        })
        : text;

    private static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "Less than a second",
        { TotalSeconds: < 2 } => "1 second",
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} seconds",
        { TotalMinutes: < 2 } => "About a minute",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} minutes",
        { TotalHours: < 1.5 } => "About an hour",
        { TotalHours: < 48 } => $"{(int)Math.Round(span.TotalHours)} hours",
        { TotalDays: < 14 } => $"{(int)span.TotalDays} days",
        { TotalDays: < 60 } => $"{(int)(span.TotalDays / 7)} weeks",
        { TotalDays: < 730 } => $"{(int)(span.TotalDays / 30)} months",
        _ => $"{(int)(span.TotalDays / 365)} years",
    };
}
