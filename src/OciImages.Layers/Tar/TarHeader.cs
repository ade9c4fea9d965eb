using System.Numerics;
using System.Runtime.InteropServices;

namespace OciImages.Layers.Tar;

/// <summary>
/// One header block, parsed. Offsets and lengths of fields: POSIX.1-2017 "pax", section "ustar Interchange Format"; GNU tar manual,
/// "Basic Tar Format". What is accepted and what not is as in Go's archive/tar, because Docker reads layers with it.
/// </summary>
internal readonly struct TarHeader
{
    public const int BlockSize = 512;

    /// <summary>Where the sparse map of a GNU header begins.</summary>
    public const int GnuSparseOffset = 386;

    private TarHeader(TarFormat format, byte typeFlag) => (Format, TypeFlag) = (format, typeFlag);

    public TarFormat Format { get; }

    public byte TypeFlag { get; }

    public long Mode { get; private init; }

    public long UserId { get; private init; }

    public long GroupId { get; private init; }

    public long Size { get; private init; }

    public long ModificationTime { get; private init; }

    public long? AccessTime { get; private init; }

    public long DeviceMajor { get; private init; }

    public long DeviceMinor { get; private init; }

    /// <summary>How many bytes at <see cref="PrefixOffset"/> are a prefix of the name.</summary>
    public int PrefixLength { get; private init; }

    public static int PrefixOffset => 345;

    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> block) => Text(block[..100]);

    public static ReadOnlySpan<byte> LinkName(ReadOnlySpan<byte> block) => Text(block.Slice(157, 100));

    public static ReadOnlySpan<byte> UserName(ReadOnlySpan<byte> block) => Text(block.Slice(265, 32));

    public static ReadOnlySpan<byte> GroupName(ReadOnlySpan<byte> block) => Text(block.Slice(297, 32));

    public static bool TryParse(ReadOnlySpan<byte> block, out TarHeader header, out string problem)
    {
        header = default;
        if (!HasChecksum(block))
        {
            problem = "the checksum of the header is wrong, or it is no header";
            return false;
        }
        TarFormat format = FormatOf(block);
        long deviceMajor = 0, deviceMinor = 0;
        bool valid = TarNumber.TryParse(block.Slice(100, 8), out long mode);
        valid &= TarNumber.TryParse(block.Slice(108, 8), out long userId);
        valid &= TarNumber.TryParse(block.Slice(116, 8), out long groupId);
        valid &= TarNumber.TryParse(block.Slice(124, 12), out long size);
        valid &= TarNumber.TryParse(block.Slice(136, 12), out long time);
        if (format != TarFormat.V7)
        {
            valid &= TarNumber.TryParse(block.Slice(329, 8), out deviceMajor);
            valid &= TarNumber.TryParse(block.Slice(337, 8), out deviceMinor);
        }
        valid &= TryParseTail(block, format, out int prefix, out long? accessTime);
        problem = "a field of the header that must be a number is none";
        header = new TarHeader(format, block[156])
        {
            Mode = mode,
            UserId = userId,
            GroupId = groupId,
            Size = size,
            ModificationTime = time,
            AccessTime = accessTime,
            DeviceMajor = deviceMajor,
            DeviceMinor = deviceMinor,
            PrefixLength = prefix,
        };
        return valid;
    }

    private static TarFormat FormatOf(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> magic = block.Slice(257, 8);
        if (magic.StartsWith("ustar\0"u8))
            return block[508..].SequenceEqual("tar\0"u8) ? TarFormat.Star : TarFormat.Ustar;
        return magic.SequenceEqual("ustar  \0"u8) ? TarFormat.Gnu : TarFormat.V7;
    }

    private static bool TryParseTail(ReadOnlySpan<byte> block, TarFormat format, out int prefix, out long? accessTime)
    {
        (prefix, accessTime) = (0, null);
        long access = 0;
        switch (format)
        {
            case TarFormat.Ustar:
                prefix = Text(block.Slice(PrefixOffset, 155)).Length;
                return true;
            case TarFormat.Star:
                prefix = Text(block.Slice(PrefixOffset, 131)).Length;
                bool valid = TarNumber.TryParse(block.Slice(476, 12), out access) & TarNumber.TryParse(block.Slice(488, 12), out _);
                accessTime = access;
                return valid;
            case TarFormat.Gnu:
                bool hasAccess = block[345] != 0;
                if ((!hasAccess || TarNumber.TryParse(block.Slice(345, 12), out access))
                    && (block[357] == 0 || TarNumber.TryParse(block.Slice(357, 12), out _)))
                {
                    accessTime = hasAccess ? access : null;
                    return true;
                }
                // Go before 1.8 wrote a prefix where GNU keeps the times; Docker still reads what it wrote.
                ReadOnlySpan<byte> text = Text(block.Slice(PrefixOffset, 155));
                prefix = System.Text.Ascii.IsValid(text) ? text.Length : 0;
                return true;
            default:
                return true;
        }
    }

    /// <summary>The sum of all bytes with the checksum field as spaces; old tars summed signed bytes.</summary>
    private static bool HasChecksum(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> field = block.Slice(148, 8);
        if (!TarNumber.TryParseOctal(field, out long expected))
            return false;
        (long unsigned, int high) = Sum(block);
        (long own, int ownHigh) = Sum(field);
        unsigned += 8 * ' ' - own;
        return expected == unsigned || expected == unsigned - 256 * (high - ownHigh);
    }

    private static (long Sum, int HighBytes) Sum(ReadOnlySpan<byte> bytes)
    {
        // Four lanes of 16 bits: 64 words of two bytes each add up to no more than 32,640.
        ulong lanes = 0;
        int high = 0;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            lanes += (word & 0x00ff00ff00ff00ff) + (word >> 8 & 0x00ff00ff00ff00ff);
            high += BitOperations.PopCount(word & 0x8080808080808080);
        }
        return ((long)((lanes & 0xffff) + (lanes >> 16 & 0xffff) + (lanes >> 32 & 0xffff) + (lanes >> 48)), high);
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }
}
