using System.Globalization;
using System.Text.RegularExpressions;

namespace OciImages.TestSupport.Servers;

/// <summary>One line of a server's access log.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Status">The status.</param>
/// <param name="Bytes">How many bytes of body were sent.</param>
public sealed partial record AccessLogEntry(string Method, string Target, int Status, long Bytes)
{
    /// <summary>Reads a line in the combined format; null when it is none.</summary>
    public static AccessLogEntry? Parse(string line)
    {
        var match = Combined().Match(line);
        return match.Success
            ? new AccessLogEntry(
                match.Groups[1].Value, match.Groups[2].Value, int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture),
                long.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture))
            : null;
    }

    [GeneratedRegex("""\] "([A-Z]+) (\S+) HTTP/[0-9.]+" ([0-9]{3}) ([0-9]+)""")]
    private static partial Regex Combined();
}
