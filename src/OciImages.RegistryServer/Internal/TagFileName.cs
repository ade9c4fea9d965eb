using System.Globalization;
using System.Numerics;

namespace OciImages.RegistryServer.Internal;

/// <summary>
/// A tag as the name of a file, also where file systems take <c>V1</c> for <c>v1</c>, or drop a period at the end: the tag in lower case, a
/// tilde, and in hexadecimal the places of its upper-case letters. <c>latest</c> is <c>latest~</c>, <c>V1.b</c> is <c>v1.b~1</c>.
/// </summary>
internal static class TagFileName
{
    private const char Separator = '~';

    internal static string Of(string tag)
    {
        var upper = BigInteger.Zero;
        for (int i = 0; i < tag.Length; i++)
        {
            if (char.IsAsciiLetterUpper(tag[i]))
                upper |= BigInteger.One << i;
        }
        // A leading zero of the number says that it is positive.
        return upper.IsZero ? $"{tag}{Separator}" : $"{tag.ToLowerInvariant()}{Separator}{upper.ToString("x", CultureInfo.InvariantCulture).TrimStart('0')}";
    }

    /// <summary>Reads a name back; null when it is not one of ours.</summary>
    internal static string? Parse(string name)
    {
        int separator = name.IndexOf(Separator, StringComparison.Ordinal);
        if (separator <= 0)
            return null;
        var upper = BigInteger.Zero;
        var digits = name.AsSpan(separator + 1);
        if (!digits.IsEmpty && !BigInteger.TryParse($"0{digits}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out upper))
            return null;
        string tag = string.Create(separator, (name, upper), static (span, state) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                char c = state.name[i];
                span[i] = (state.upper >> i).IsEven ? c : char.ToUpperInvariant(c);
            }
        });
        return RegistryNames.IsTag(tag) && Of(tag) == name ? tag : null;
    }
}
