using System.Text;

namespace OciImages.Internal.Dockerfile;

/// <summary>Words of an instruction; quotes and escapes hold them together and stay in them.</summary>
internal static class Words
{
    private const char Escape = InstructionReader.Escape;

    internal static List<string> Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        char quote = '\0';
        bool started = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                Flush();
                continue;
            }
            // An escape at the very end is left out.
            if (c == Escape && quote != '\'')
            {
                if (i + 1 == text.Length)
                    break;
                word.Append(c).Append(text[++i]);
                continue;
            }
            if (quote == c)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '\'' or '"')
            {
                quote = c;
                started = true;
            }
            word.Append(c);
        }
        Flush();
        return words;

        void Flush()
        {
            if (started || word.Length > 0)
                words.Add(word.ToString());
            word.Clear();
            started = false;
        }
    }

    /// <summary>Takes the words at the start that begin with <c>--</c>; <c>--</c> alone ends them. Their quotes are taken off.</summary>
    internal static (List<string> Flags, string Remainder) TakeFlags(string text)
    {
        var flags = new List<string>();
        while (true)
        {
            text = text.TrimStart();
            if (!text.StartsWith("--", StringComparison.Ordinal))
                return (flags, text);
            int end = FlagEnd(text);
            string flag = text[..end];
            text = text[end..];
            if (flag == "--")
                return (flags, text);
            flags.Add(flag.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal));
        }
    }

    /// <summary>Reads names and values, one after another: <c>name=value …</c>, or the old form <c>name value</c>.</summary>
    internal static List<string> ReadPairs(string text, string title)
    {
        var words = Split(text);
        if (words.Count == 0)
            return words;
        if (!words[0].Contains('=', StringComparison.Ordinal))
        {
            int end = text.AsSpan().IndexOfAny(" \t\v\f\r");
            return end < 0
                ? throw DockerfileError.Of($"{title} must have two arguments")
                : [text[..end], text[end..].TrimStart()];
        }
        var pairs = new List<string>();
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                throw DockerfileError.Of($"Syntax error - can't find = in {DockerfileError.Quote(word)}. Must be of the form: name=value");
            pairs.Add(word[..equals]);
            pairs.Add(word[(equals + 1)..]);
        }
        return pairs;
    }

    private static int FlagEnd(string text)
    {
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            if (quote == '\0' && char.IsWhiteSpace(text[i]))
                return i;
            if (quote == text[i])
                quote = '\0';
            else if (quote == '\0' && text[i] is '\'' or '"')
                quote = text[i];
        }
        return text.Length;
    }
}
