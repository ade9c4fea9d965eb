using System.Globalization;
using System.Text;

namespace OciImages.Layers.Internal.Linux;

/// <summary>Bytes that end with NUL, as the kernel takes names.</summary>
internal static class CString
{
    internal static ReadOnlySpan<byte> Empty => "\0"u8;

    internal static byte[] From(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    internal static byte[] From(ReadOnlySpan<byte> name)
    {
        byte[] bytes = new byte[name.Length + 1];
        name.CopyTo(bytes);
        return bytes;
    }

    /// <summary>The path by which the kernel reaches an open descriptor, even one that was opened with O_PATH.</summary>
    internal static byte[] OfDescriptor(int descriptor) => From(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"));

    /// <summary>A name for messages: an attacker chose it, so it is shortened, and control characters and broken UTF-8 are replaced.</summary>
    internal static string ToDisplay(ReadOnlySpan<byte> name)
    {
        const int shown = 160;
        var text = new StringBuilder(Encoding.UTF8.GetString(name.Length <= shown ? name : name[..shown]));
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                text[i] = '?';
        }
        return name.Length <= shown ? text.ToString() : $"{text}…";
    }
}
