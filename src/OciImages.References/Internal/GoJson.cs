using System.Buffers;
using System.Text;

namespace OciImages.References.Internal;

/// <summary>Strings as Go's encoding/json writes them, so that dockerd's file and ours are the same bytes.</summary>
internal static class GoJson
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 0x20).Select(i => (char)i)) + "\"\\<>&\u2028\u2029");

    internal static void WriteString(IBufferWriter<byte> json, string text)
    {
        json.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.IndexOfAny(Escaped) is var at and >= 0)
        {
            Encoding.UTF8.GetBytes(rest[..at], json);
            Encoding.UTF8.GetBytes(Escape(rest[at]), json);
            rest = rest[(at + 1)..];
        }
        Encoding.UTF8.GetBytes(rest, json);
        json.Write("\""u8);
    }

    /// <summary>Writes JSON that came from a file.</summary>
    internal static void WriteRaw(IBufferWriter<byte> json, string raw) => Encoding.UTF8.GetBytes(raw, json);

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        _ => $"\\u{(int)c:x4}",
    };
}
