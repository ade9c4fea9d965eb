using System.Globalization;
using System.Text;

namespace OciImages.Registry.Http;

/// <summary>Makes text from outside fit for a message or a log line.</summary>
internal static class PlainText
{
    /// <summary>Drops control, format and half characters, joins runs of white space and shortens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most characters kept.</param>
    public static string Clean(ReadOnlySpan<char> text, int maxLength)
    {
        var result = new StringBuilder(Math.Min(text.Length, maxLength));
        Span<char> characters = stackalloc char[2];
        bool gap = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control)
            {
                gap = result.Length > 0;
                continue;
            }
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
                continue;
            if (result.Length >= maxLength)
                return result.Append('…').ToString();
            if (gap)
                result.Append(' ');
            gap = false;
            result.Append(characters[..rune.EncodeToUtf16(characters)]);
        }
        return result.ToString();
    }
}
