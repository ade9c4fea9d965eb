using System.Text;

namespace OciImages.Internal.Dockerfile;

/// <summary>
/// Replaces variables in a word and takes quotes and escapes off, as Docker does: <c>$v ${v} ${v:-w} ${v:+w} ${v:?w} ${v?w}</c>; a variable
/// that is not set is empty.
/// </summary>
internal struct ShellWord
{
    private const char Escape = InstructionReader.Escape;

    // A word within a word within a word…: as deep as anybody writes, and not as deep as the stack.
    private const int MaxDepth = 64;

    private readonly string _text;
    private readonly Func<string, string?> _find;
    private int _next;
    private int _depth;

    private ShellWord(string text, Func<string, string?> find) => (_text, _find) = (text, find);

    private readonly bool IsAtEnd => _next == _text.Length;

    /// <summary>Expands a word.</summary>
    /// <param name="word">The word.</param>
    /// <param name="find">Finds the value of a variable; null when it is not set.</param>
    /// <exception cref="OciException">A quote or brace is not closed, or a variable is not well named or must be set.</exception>
    internal static string Expand(string word, Func<string, string?> find)
    {
        try
        {
            return new ShellWord(word, find).ReadUntil(null);
        }
        catch (OciException e)
        {
            throw new OciException(e.Kind, $"failed to process {DockerfileError.Quote(word)}: {e.Message}", e);
        }
    }

    private string ReadUntil(char? stop)
    {
        if (++_depth > MaxDepth)
            throw DockerfileError.Of("substitutions are nested too deeply");
        var result = new StringBuilder();
        while (!IsAtEnd)
        {
            char c = _text[_next++];
            if (c == stop)
            {
                _depth--;
                return result.ToString();
            }
            if (c == '\'')
                result.Append(SingleQuoted());
            else if (c == '"')
                DoubleQuoted(result);
            else if (c == '$')
                result.Append(Variable());
            else if (c != Escape)
                result.Append(c);
            else if (!IsAtEnd)
                result.Append(_text[_next++]);
        }
        _depth--;
        return stop is null ? result.ToString() : throw DockerfileError.Of("syntax error: missing '}'");
    }

    private string SingleQuoted()
    {
        int end = _text.IndexOf('\'', _next);
        if (end < 0)
            throw DockerfileError.Of("unexpected end of statement while looking for matching single-quote");
        string quoted = _text[_next..end];
        _next = end + 1;
        return quoted;
    }

    private void DoubleQuoted(StringBuilder result)
    {
        while (!IsAtEnd)
        {
            char c = _text[_next++];
            if (c == '"')
                return;
            if (c == '$')
            {
                result.Append(Variable());
                continue;
            }
            if (c == Escape)
            {
                if (IsAtEnd)
                    break;
                if (_text[_next] is '"' or '$' or Escape)
                    c = _text[_next++];
            }
            result.Append(c);
        }
        throw DockerfileError.Of("unexpected end of statement while looking for matching double-quote");
    }

    private string Variable()
    {
        if (IsAtEnd || _text[_next] != '{')
        {
            string plain = Name();
            return plain.Length == 0 ? "$" : _find(plain) ?? "";
        }
        _next++;
        if (IsAtEnd)
            throw DockerfileError.Of("syntax error: missing '}'");
        if (_text[_next] is '{' or '}' or ':')
            throw DockerfileError.Of("syntax error: bad substitution");
        string name = Name();
        string? value = _find(name);
        char? next = IsAtEnd ? null : _text[_next++];
        return next switch
        {
            '}' => value ?? "",
            '?' => Required(name, value, ReadUntil('}'), mayBeEmpty: true),
            ':' => Modified(name, value),
            _ => throw DockerfileError.Of("missing ':' in substitution"),
        };
    }

    private string Modified(string name, string? value)
    {
        char modifier = IsAtEnd ? throw DockerfileError.Of("syntax error: missing '}'") : _text[_next++];
        string word = ReadUntil('}');
        return modifier switch
        {
            '+' => string.IsNullOrEmpty(value) ? "" : word,
            '-' => string.IsNullOrEmpty(value) ? word : value,
            '?' => Required(name, value, word, mayBeEmpty: false),
            _ => throw DockerfileError.Of($"unsupported modifier ({modifier}) in substitution"),
        };
    }

    private static string Required(string name, string? value, string word, bool mayBeEmpty)
    {
        if (value is null || (value.Length == 0 && !mayBeEmpty))
        {
            string complaint = word.Length > 0 ? word : value is null ? "is not allowed to be unset" : "is not allowed to be empty";
            throw DockerfileError.Of($"{name}: {complaint}");
        }
        return value;
    }

    // A name, a number, or one of the shell's special characters.
    private string Name()
    {
        int start = _next;
        if (IsAtEnd)
            return "";
        if (char.IsAsciiDigit(_text[start]))
            Skip(char.IsAsciiDigit);
        else if (char.IsLetter(_text[start]) || _text[start] == '_')
            Skip(static c => char.IsLetterOrDigit(c) || c == '_');
        else if (_text[start] is '@' or '*' or '#' or '?' or '-' or '$' or '!')
            _next++;
        return _text[start.._next];
    }

    private void Skip(Func<char, bool> belongs)
    {
        while (!IsAtEnd && belongs(_text[_next]))
            _next++;
    }
}
