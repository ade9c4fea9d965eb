using System.Buffers;
using System.Text;

namespace OciImages.Registry.Auth;

/// <summary>
/// Reads <c>WWW-Authenticate</c> headers as registries write them: several headers, several challenges in one, commas within quotes,
/// unquoted URLs. Looks at each character a constant number of times and never throws: what it cannot read it leaves out.
/// </summary>
internal ref struct ChallengeParser
{
    private const int MaxChallenges = 32;
    private const int MaxParameters = 32;

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> Token68Characters =
        SearchValues.Create("-._~+/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private ReadOnlySpan<char> _rest;

    private ChallengeParser(ReadOnlySpan<char> text) => _rest = text;

    /// <summary>The challenges of an answer, in its order.</summary>
    public static IReadOnlyList<Challenge> Parse(HttpResponseMessage response)
    {
        var result = new List<Challenge>();
        if (response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values))
        {
            foreach (string value in values)
                new ChallengeParser(value).ReadAll(result);
        }
        return result;
    }

    /// <summary>The challenges of one header.</summary>
    public static IReadOnlyList<Challenge> Parse(string header)
    {
        var result = new List<Challenge>();
        new ChallengeParser(header).ReadAll(result);
        return result;
    }

    private void ReadAll(List<Challenge> result)
    {
        while (SkipSeparators() && result.Count < MaxChallenges)
        {
            var scheme = Take(TokenCharacters);
            if (scheme.IsEmpty)
                _rest = _rest[1..];
            else
                result.Add(new Challenge(scheme.ToString(), ReadParameters()));
        }
    }

    private Dictionary<string, string> ReadParameters()
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        SkipSpace();
        SkipToken68();
        while (SkipSeparators())
        {
            var before = _rest;
            var name = Take(TokenCharacters);
            SkipSpace();
            if (name.IsEmpty || _rest.IsEmpty || _rest[0] != '=')
            {
                // No parameter: the next challenge, or something unreadable that ReadAll steps over.
                _rest = before;
                break;
            }
            _rest = _rest[1..];
            SkipSpace();
            string value = ReadValue();
            if (parameters.Count < MaxParameters)
                parameters.TryAdd(name.ToString(), value);
        }
        return parameters;
    }

    private string ReadValue()
    {
        if (_rest.IsEmpty || _rest[0] != '"')
        {
            int end = _rest.IndexOfAny(", \t");
            var bare = end < 0 ? _rest : _rest[..end];
            _rest = _rest[bare.Length..];
            return bare.ToString();
        }
        _rest = _rest[1..];
        int stop = _rest.IndexOfAny('"', '\\');
        if (stop < 0 || _rest[stop] == '"')
        {
            var plain = stop < 0 ? _rest : _rest[..stop];
            _rest = stop < 0 ? default : _rest[(stop + 1)..];
            return plain.ToString();
        }
        return ReadEscaped();
    }

    private string ReadEscaped()
    {
        var value = new StringBuilder();
        for (int i = 0; i < _rest.Length; i++)
        {
            char c = _rest[i];
            if (c == '"')
            {
                _rest = _rest[(i + 1)..];
                return value.ToString();
            }
            if (c == '\\' && i + 1 < _rest.Length)
                c = _rest[++i];
            value.Append(c);
        }
        _rest = default;
        return value.ToString();
    }

    // A scheme may be followed by one opaque value (Negotiate, NTLM) instead of parameters; nobody here uses it.
    private void SkipToken68()
    {
        int length = _rest.IndexOfAnyExcept(Token68Characters);
        if (length < 0)
            length = _rest.Length;
        while (length < _rest.Length && _rest[length] == '=')
            length++;
        bool isWhole = length > 0 && (length == _rest.Length || _rest[length] is ',');
        if (isWhole)
            _rest = _rest[length..];
    }

    private bool SkipSeparators()
    {
        _rest = _rest.TrimStart(" \t,");
        return !_rest.IsEmpty;
    }

    private void SkipSpace() => _rest = _rest.TrimStart(" \t");

    private ReadOnlySpan<char> Take(SearchValues<char> characters)
    {
        int length = _rest.IndexOfAnyExcept(characters);
        var taken = length < 0 ? _rest : _rest[..length];
        _rest = _rest[taken.Length..];
        return taken;
    }
}
