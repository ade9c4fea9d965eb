using System.Globalization;

namespace OciImages.Registry.Uploads;

/// <summary>Reads how far an upload has got from the <c>Range</c> header of its status.</summary>
internal static class UploadRange
{
    /// <summary>How many bytes the registry has; null when it does not say.</summary>
    public static long? CountOf(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Range", out var values) ? CountOf(values.ToString()) : null;

    /// <inheritdoc cref="CountOf(HttpResponseMessage)"/>
    public static long? CountOf(ReadOnlySpan<char> header)
    {
        var range = header.Trim();
        if (range.StartsWith("bytes", StringComparison.OrdinalIgnoreCase))
            range = range[5..].TrimStart(" =");
        int dash = range.IndexOf('-');
        if (dash < 0 || !TryParse(range[..dash], out long first) || first != 0 || !TryParse(range[(dash + 1)..], out long last))
            return null;
        // The last byte counts, so 0-0 is one byte; but registries that have none say it too. Sending that byte again is refused where it
        // is there, and then the upload starts over.
        return last == 0 ? 0 : last + 1;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < long.MaxValue;
}
