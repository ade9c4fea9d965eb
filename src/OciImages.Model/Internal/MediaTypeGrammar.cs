namespace OciImages.Internal;

/// <summary>The grammar of media types: RFC 6838, section 4.2, without parameters.</summary>
internal static class MediaTypeGrammar
{
    private const int MaxPartLength = 127;

    internal static bool IsMediaType(ReadOnlySpan<char> text)
    {
        int slash = text.IndexOf('/');
        return slash >= 0 && IsRestrictedName(text[..slash]) && IsRestrictedName(text[(slash + 1)..]);
    }

    private static bool IsRestrictedName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxPartLength || !char.IsAsciiLetterOrDigit(name[0]))
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('!' or '#' or '$' or '&' or '-' or '^' or '_' or '.' or '+'))
                return false;
        }
        return true;
    }
}
