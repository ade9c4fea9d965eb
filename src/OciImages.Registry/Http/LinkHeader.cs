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
            var parameters = rest[..IndexOfUnquoted(rest, ',')];
            rest = rest[parameters.Length..];
            if (IsNext(parameters))
                return target.Trim().ToString();
        }
    }

    private static bool IsNext(ReadOnlySpan<char> parameters)
    {
        while (!parameters.IsEmpty)
        {
            var parameter = parameters[..IndexOfUnquoted(parameters, ';')];
            parameters = parameters[Math.Min(parameter.Length + 1, parameters.Length)..];
            int equals = parameter.IndexOf('=');
            if (equals < 0 || !parameter[..equals].Trim().Equals("rel", StringComparison.OrdinalIgnoreCase))
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

    private static int IndexOfUnquoted(ReadOnlySpan<char> text, char wanted)
    {
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && isQuoted)
                i++;
            else if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] == wanted && !isQuoted)
                return i;
        }
        return text.Length;
    }
}
