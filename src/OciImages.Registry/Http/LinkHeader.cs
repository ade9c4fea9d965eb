namespace OciImages.Registry.Http;

/// <summary>Finds the next page in a <c>Link</c> header. RFC 8288.</summary>
internal static class LinkHeader
{
    /// <summary>The target of the link with the relation <c>next</c>; null when there is none.</summary>
    public static string? Next(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Link", out var values))
            return null;
        foreach (string value in values)
        {
            if (Next(value) is { } next)
                return next;
        }
        return null;
    }

    /// <inheritdoc cref="Next(HttpResponseMessage)"/>
    public static string? Next(string header)
    {
        var rest = header.AsSpan();
        while (true)
        {
            int open = rest.IndexOf('<');
            int close = open < 0 ? -1 : rest[open..].IndexOf('>');
            if (close < 0)
                return null;
            var target = rest.Slice(open + 1, close - 1);
            rest = rest[(open + close + 1)..];
            var parameters = rest[..EndOfLink(rest)];
            rest = rest[parameters.Length..];
            if (IsNext(parameters))
                return target.Trim().ToString();
        }
    }

    // A link ends at a comma that is not within quotes.
    private static int EndOfLink(ReadOnlySpan<char> text)
    {
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && isQuoted)
                i++;
            else if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] == ',' && !isQuoted)
                return i;
        }
        return text.Length;
    }

    private static bool IsNext(ReadOnlySpan<char> parameters)
    {
        foreach (var range in parameters.Split(';'))
        {
            var parameter = parameters[range].Trim();
            int equals = parameter.IndexOf('=');
            if (equals < 0 || !parameter[..equals].TrimEnd().Equals("rel", StringComparison.OrdinalIgnoreCase))
                continue;
            // One parameter may name several relations.
            var relations = parameter[(equals + 1)..].Trim().Trim('"');
            foreach (var relation in relations.Split(' '))
            {
                if (relations[relation].Equals("next", StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }
        return false;
    }
}
