using System.Text.Encodings.Web;

namespace OciImages;

/// <summary>
/// Escapes JSON strings as Go's encoding/json does: <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c>, U+2028, U+2029 and control characters as
/// <c>\uXXXX</c>, everything else that need not be escaped as it is. For JSON that gets a digest: with it, the same values have the same
/// bytes as when Docker writes them.
/// </summary>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed class GoJsonEncoder : JavaScriptEncoder
{
    private GoJsonEncoder()
    {
    }

    /// <summary>The encoder, for <see cref="System.Text.Json.JsonWriterOptions.Encoder"/>.</summary>
    public static GoJsonEncoder Instance { get; } = new();

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var span = new ReadOnlySpan<char>(text, textLength);
        for (int i = 0; i < span.Length; i++)
        {
            if (WillEncode(span[i]))
                return i;
            if (!char.IsSurrogate(span[i]))
                continue;
            // A pair stays as it is; half of one is for the base class to replace.
            if (i + 1 == span.Length || !char.IsSurrogatePair(span[i], span[i + 1]))
                return i;
            i++;
        }
        return -1;
    }

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var target = new Span<char>(buffer, bufferLength);
        char shorthand = unicodeScalar switch
        {
            '"' => '"',
            '\\' => '\\',
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => default,
        };
        if (shorthand != default)
        {
            numberOfCharactersWritten = 2;
            return (target.Length >= 2) && "\\".TryCopyTo(target) && new ReadOnlySpan<char>(in shorthand).TryCopyTo(target[1..]);
        }
        return WillEncode(unicodeScalar)
            ? target.TryWrite($"\\u{unicodeScalar:x4}", out numberOfCharactersWritten)
            : new System.Text.Rune(unicodeScalar).TryEncodeToUtf16(target, out numberOfCharactersWritten);
    }

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) =>
        unicodeScalar is < 0x20 or '"' or '\\' or '<' or '>' or '&' or 0x2028 or 0x2029;
}
