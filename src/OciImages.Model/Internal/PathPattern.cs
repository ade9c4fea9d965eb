using System.Diagnostics.CodeAnalysis;

namespace OciImages.Internal;

/// <summary>A shell pattern over slash-separated names, with the syntax and the results of Go's path.Match.</summary>
internal sealed class PathPattern
{
    private readonly Token[] _tokens;

    private PathPattern(Token[] tokens) => _tokens = tokens;

    private enum TokenKind
    {
        Literal,
        AnyOne,
        AnyRun,
        Class,
    }

    internal static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out PathPattern? pattern)
    {
        pattern = null;
        var tokens = new List<Token>(text.Length);
        while (!text.IsEmpty)
        {
            char first = text[0];
            if (first is '*' or '?')
            {
                tokens.Add(new Token(first == '*' ? TokenKind.AnyRun : TokenKind.AnyOne));
                text = text[1..];
            }
            else if (first == '[')
            {
                if (!TryReadClass(ref text, out var token))
                    return false;
                tokens.Add(token);
            }
            else
            {
                if (!TryReadCharacter(ref text, out char literal))
                    return false;
                tokens.Add(new Token(TokenKind.Literal, literal));
            }
        }
        pattern = new PathPattern([.. tokens]);
        return true;
    }

    // Only the last star is ever widened: what lies before it has matched as early as it can, as in path.Match.
    internal bool IsMatch(ReadOnlySpan<char> name)
    {
        int token = 0, at = 0, star = -1, starEnd = 0;
        while (at < name.Length || token < _tokens.Length)
        {
            if (token < _tokens.Length && _tokens[token].Kind == TokenKind.AnyRun)
            {
                star = token++;
                starEnd = at;
            }
            else if (token < _tokens.Length && at < name.Length && _tokens[token].Matches(name[at]))
            {
                token++;
                at++;
            }
            else if (star >= 0 && starEnd < name.Length && name[starEnd] != '/')
            {
                at = ++starEnd;
                token = star + 1;
            }
            else
            {
                return false;
            }
        }
        return true;
    }

    private static bool TryReadClass(ref ReadOnlySpan<char> text, out Token token)
    {
        token = default;
        text = text[1..];
        bool negated = text.StartsWith('^');
        if (negated)
            text = text[1..];
        var ranges = new List<(char Low, char High)>();
        while (!text.StartsWith(']') || ranges.Count == 0)
        {
            if (!TryReadClassCharacter(ref text, out char low))
                return false;
            char high = low;
            if (text.StartsWith('-'))
            {
                text = text[1..];
                if (!TryReadClassCharacter(ref text, out high))
                    return false;
            }
            ranges.Add((low, high));
        }
        text = text[1..];
        token = new Token(TokenKind.Class, Ranges: [.. ranges], Negated: negated);
        return true;
    }

    private static bool TryReadClassCharacter(ref ReadOnlySpan<char> text, out char character)
    {
        character = default;
        return !text.IsEmpty && text[0] is not ('-' or ']') && TryReadCharacter(ref text, out character);
    }

    private static bool TryReadCharacter(ref ReadOnlySpan<char> text, out char character)
    {
        character = default;
        if (text[0] == '\\')
            text = text[1..];
        if (text.IsEmpty)
            return false;
        character = text[0];
        text = text[1..];
        return true;
    }

    private readonly record struct Token(
        TokenKind Kind, char Character = default, (char Low, char High)[]? Ranges = null, bool Negated = false)
    {
        internal bool Matches(char c) => Kind switch
        {
            TokenKind.Literal => c == Character,
            TokenKind.AnyOne => c != '/',
            TokenKind.Class => InRanges(c) != Negated,
            _ => false,
        };

        private bool InRanges(char c)
        {
            foreach (var (low, high) in Ranges!)
            {
                if (low <= c && c <= high)
                    return true;
            }
            return false;
        }
    }
}
