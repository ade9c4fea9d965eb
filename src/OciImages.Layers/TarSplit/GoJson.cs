using System.Buffers;

namespace OciImages.Layers.TarSplit;

/// <summary>The escapes of Go's encoding/json in strings, with its default of escaping HTML.</summary>
internal static class GoJson
{
    /// <summary>The bytes that need a look: those that are escaped, and the first one of U+2028 and U+2029.</summary>
    public static readonly SearchValues<byte> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(value => (byte)value), .. "\"\\<>&"u8, 0xe2]);

    private static readonly byte[][] Controls =
        [.. Enumerable.Range(0, 0x40).Select(value => System.Text.Encoding.ASCII.GetBytes($"\\u{value:x4}"))];

    /// <summary>The escape for what a UTF-8 text begins with.</summary>
    /// <param name="text">The text; it begins with one of <see cref="Escaped"/>.</param>
    /// <param name="used">How many bytes of the text the escape stands for.</param>
    /// <returns>The escape, or the bytes themselves.</returns>
    public static ReadOnlySpan<byte> Escape(ReadOnlySpan<byte> text, out int used)
    {
        used = 1;
        switch (text[0])
        {
            case (byte)'"':
                return "\\\""u8;
            case (byte)'\\':
                return "\\\\"u8;
            case (byte)'\n':
                return "\\n"u8;
            case (byte)'\r':
                return "\\r"u8;
            case (byte)'\t':
                return "\\t"u8;
            case 0xe2:
                used = 3;
                if (text.StartsWith("\u2028"u8))
                    return "\\u2028"u8;
                return text.StartsWith("\u2029"u8) ? "\\u2029"u8 : text[..3];
            default:
                return Controls[text[0]];
        }
    }
}
