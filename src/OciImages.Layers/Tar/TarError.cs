using System.Text;

namespace OciImages.Layers.Tar;

/// <summary>The exceptions of the tar codec: what is wrong, at which byte, in or after which member.</summary>
internal static class TarError
{
    private const int MaxNameLength = 200;

    public static OciException Malformed(long offset, ReadOnlySpan<byte> member, string problem) =>
        new(OciErrorKind.InvalidInput, $"The tar is malformed at byte {offset}{Where(member)}: {problem}.");

    public static OciException Truncated(long offset, ReadOnlySpan<byte> member, string place) =>
        new(OciErrorKind.InvalidInput, $"The tar is truncated at byte {offset}{Where(member)}: it ends inside {place}.");

    public static OciException TooLarge(long offset, ReadOnlySpan<byte> member, string what, long limit) =>
        new(OciErrorKind.InvalidInput, $"The tar is refused at byte {offset}{Where(member)}: {what} above the limit of {limit}.");

    /// <summary>A name for a message: quoted, cut to a readable length, everything but printable ASCII escaped.</summary>
    public static string Quote(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder("\"");
        foreach (byte value in name[..Math.Min(name.Length, MaxNameLength)])
        {
            if (value is (byte)'"' or (byte)'\\')
                text.Append('\\').Append((char)value);
            else if (value is >= 0x20 and < 0x7f)
                text.Append((char)value);
            else
                text.Append("\\x").Append(value.ToString("x2", null));
        }
        return text.Append(name.Length > MaxNameLength ? "…\"" : "\"").ToString();
    }

    private static string Where(ReadOnlySpan<byte> member) => member.IsEmpty ? "" : $", member {Quote(member)}";
}
