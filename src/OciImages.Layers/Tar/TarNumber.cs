using System.Buffers.Text;

namespace OciImages.Layers.Tar;

/// <summary>The numbers of headers and PAX records, read as liberally as Go's archive/tar reads them, and no more.</summary>
internal static class TarNumber
{
    private const int NanosecondDigits = 9;

    /// <summary>A field of a header: octal digits between spaces and NULs, or base-256 when the first bit is set.</summary>
    public static bool TryParse(ReadOnlySpan<byte> field, out long value) =>
        (field[0] & 0x80) != 0 ? TryParseBase256(field, out value) : TryParseOctal(field, out value);

    /// <summary>Octal digits between spaces and NULs; an empty field is 0; what follows a NUL is ignored.</summary>
    public static bool TryParseOctal(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        field = field.Trim(" \0"u8);
        int end = field.IndexOf((byte)0);
        if (end >= 0)
            field = field[..end];
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value >> 60 != 0)
                return false;
            value = value << 3 | (uint)(digit - '0');
        }
        return true;
    }

    /// <summary>A decimal number of a PAX record, with an optional sign.</summary>
    public static bool TryParseDecimal(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out int used) && used == text.Length;

    /// <summary>A time of a PAX record: decimal seconds with an optional fraction, of which nanoseconds are kept.</summary>
    public static bool TryParseTime(ReadOnlySpan<byte> text, out TarTime time)
    {
        time = default;
        int dot = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = dot < 0 ? text : text[..dot];
        ReadOnlySpan<byte> fraction = dot < 0 ? default : text[(dot + 1)..];
        if (!TryParseDecimal(whole, out long seconds) || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        int nanoseconds = 0;
        for (int i = 0; i < NanosecondDigits; i++)
            nanoseconds = nanoseconds * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        // "-0.5" is half a second before the epoch.
        if (nanoseconds != 0 && whole[0] == '-')
        {
            if (seconds == long.MinValue)
                return false;
            (seconds, nanoseconds) = (seconds - 1, 1_000_000_000 - nanoseconds);
        }
        time = new TarTime(seconds, nanoseconds);
        return true;
    }

    /// <summary>Two's complement, big-endian, without the first bit.</summary>
    private static bool TryParseBase256(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        byte invert = (field[0] & 0x40) != 0 ? (byte)0xff : (byte)0;
        ulong magnitude = (ulong)(field[0] ^ invert) & 0x7f;
        foreach (byte digit in field[1..])
        {
            if (magnitude >> 56 != 0)
                return false;
            magnitude = magnitude << 8 | (byte)(digit ^ invert);
        }
        if (magnitude >> 63 != 0)
            return false;
        value = invert == 0 ? (long)magnitude : ~(long)magnitude;
        return true;
    }
}
