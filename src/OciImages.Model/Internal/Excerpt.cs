namespace OciImages.Internal;

/// <summary>
/// Text from outside, made fit for a message: an attacker chooses it, so it is short, quoted and without control characters.
/// </summary>
internal static class Excerpt
{
    private const int MaxLength = 160;

    internal static string Of(ReadOnlySpan<char> text)
    {
        int length = Math.Min(text.Length, MaxLength);
        Span<char> shown = stackalloc char[MaxLength + 3];
        shown[0] = '"';
        for (int i = 0; i < length; i++)
            shown[i + 1] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) ? '?' : text[i];
        int end = length + 1;
        if (text.Length > MaxLength)
            shown[end++] = '…';
        shown[end++] = '"';
        return shown[..end].ToString();
    }
}
