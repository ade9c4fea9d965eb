using System.Globalization;

namespace OciImages.Images;

/// <summary>Times as Go's RFC3339Nano has them: up to nine digits of a second without trailing zeros, of which we keep seven.</summary>
internal static class GoTime
{
    internal static string Format(DateTimeOffset time) =>
        time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
        + (time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz", CultureInfo.InvariantCulture));

    internal static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        // The BCL's parser takes much else, too, and times of no zone.
        return text.Length >= 20 && text[4] == '-' && text[10] == 'T' && (text[^1] == 'Z' || text[^6] is '+' or '-')
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
