namespace OciImages.Internal;

/// <summary>
/// The grammar of image references, as distribution/reference has it: one pass over the text for each rule, no backtracking.
/// </summary>
internal static class ReferenceGrammar
{
    internal const int MaxPathLength = 255;
    internal const int MaxTagLength = 128;

    // DNS allows no longer name (RFC 1035, section 2.3.4). Docker has no limit here, and no such host either.
    internal const int MaxHostLength = 253;

    private const int IdentifierLength = 64;

    /// <summary>Whether the text is an image ID without its algorithm, which Docker does not take for a name.</summary>
    internal static bool IsIdentifier(ReadOnlySpan<char> text)
    {
        if (text.Length != IdentifierLength)
            return false;
        foreach (char c in text)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
                return false;
        }
        return true;
    }

    /// <summary>Whether the first component of a name is a registry's domain rather than a part of the path on Docker Hub.</summary>
    internal static bool LooksLikeDomain(ReadOnlySpan<char> first) =>
        first is "localhost" || first.ContainsAny('.', ':') || ContainsUpper(first);

    /// <summary><c>host[:port]</c>, where the host is a DNS name, an IPv4 address, or an IPv6 address in brackets without a zone.</summary>
    internal static bool IsDomain(ReadOnlySpan<char> text)
    {
        int hostLength = text.StartsWith('[') ? text.IndexOf(']') + 1 : text.IndexOf(':') is var colon and >= 0 ? colon : text.Length;
        var host = text[..hostLength];
        var port = text[hostLength..];
        if (host.Length is 0 or > MaxHostLength || !(host[0] == '[' ? IsBracketedAddress(host) : IsHostName(host)))
            return false;
        return port.IsEmpty || (port.Length is >= 2 and <= 10 && port[0] == ':' && !port[1..].ContainsAnyExceptInRange('0', '9'));
    }

    /// <summary>Components of the path, separated by slashes; its length is not looked at.</summary>
    internal static bool IsPath(ReadOnlySpan<char> text)
    {
        while (true)
        {
            int slash = text.IndexOf('/');
            if (!IsComponent(slash < 0 ? text : text[..slash]))
                return false;
            if (slash < 0)
                return true;
            text = text[(slash + 1)..];
        }
    }

    /// <summary>A word character, then up to 127 word characters, periods and dashes.</summary>
    internal static bool IsTag(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxTagLength || text[0] is '.' or '-')
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
                return false;
        }
        return true;
    }

    internal static bool ContainsUpper(ReadOnlySpan<char> text) => text.ContainsAnyInRange('A', 'Z');

    private static bool IsHostName(ReadOnlySpan<char> host)
    {
        char previous = '.';
        foreach (char c in host)
        {
            bool inside = c switch
            {
                '.' or '-' when previous == '.' => false,
                '.' => previous != '-',
                '-' => true,
                _ => char.IsAsciiLetterOrDigit(c),
            };
            if (!inside)
                return false;
            previous = c;
        }
        return previous is not ('.' or '-');
    }

    private static bool IsBracketedAddress(ReadOnlySpan<char> host)
    {
        if (host.Length < 3 || host[^1] != ']')
            return false;
        foreach (char c in host[1..^1])
        {
            if (!char.IsAsciiHexDigit(c) && c != ':')
                return false;
        }
        return true;
    }

    // Runs of lower-case letters and digits; between two of them one period, one or two underscores, or any number of dashes.
    private static bool IsComponent(ReadOnlySpan<char> text)
    {
        int separator = 0; // where the separator began that the last character belongs to; 0 when it belongs to none
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                separator = 0;
                continue;
            }
            bool allowed = i > 0 && (separator == 0
                ? text[i] is '.' or '_' or '-'
                : text[i] == text[separator] && (text[i] == '-' || (text[i] == '_' && i - separator < 2)));
            if (!allowed)
                return false;
            if (separator == 0)
                separator = i;
        }
        return text.Length > 0 && separator == 0;
    }
}
