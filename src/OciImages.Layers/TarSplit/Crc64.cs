using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OciImages.Layers.TarSplit;

/// <summary>
/// CRC-64/ISO (ISO 3309, reflected polynomial 0xD800000000000000, all ones before and after), which tar-split keeps of each file. The
/// Crc64 of System.IO.Hashing is ECMA-182, another one.
/// </summary>
internal struct Crc64
{
    private const ulong Polynomial = 0xD800000000000000;
    private const int TableCount = 8;

    // Below this, setting up the folding costs more than it saves.
    private const int FoldThreshold = 128;

    private static readonly ulong[] Tables = MakeTables();
    private static readonly Vector128<ulong> FoldBy512Bits = FoldConstant(512);
    private static readonly Vector128<ulong> FoldBy128Bits = FoldConstant(128);

    private ulong _inverted;

    /// <summary>The checksum of all bytes so far.</summary>
    public readonly ulong Value => _inverted;

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        ulong crc = ~_inverted;
        if (data.Length >= FoldThreshold && Pclmulqdq.IsSupported)
            crc = Fold(crc, ref data);
        _inverted = ~AppendByTable(crc, data);
    }

    /// <summary>The same without carry-less multiplication; the tests compare the two.</summary>
    internal void AppendPortable(ReadOnlySpan<byte> data) => _inverted = ~AppendByTable(~_inverted, data);

    private static ulong AppendByTable(ulong crc, ReadOnlySpan<byte> data)
    {
        ref ulong tables = ref MemoryMarshal.GetArrayDataReference(Tables);
        while (data.Length >= 8)
        {
            crc ^= BinaryPrimitives.ReadUInt64LittleEndian(data);
            crc = At(ref tables, 7, (byte)crc) ^ At(ref tables, 6, (byte)(crc >> 8)) ^ At(ref tables, 5, (byte)(crc >> 16))
                ^ At(ref tables, 4, (byte)(crc >> 24)) ^ At(ref tables, 3, (byte)(crc >> 32)) ^ At(ref tables, 2, (byte)(crc >> 40))
                ^ At(ref tables, 1, (byte)(crc >> 48)) ^ At(ref tables, 0, (byte)(crc >> 56));
            data = data[8..];
        }
        foreach (byte value in data)
            crc = At(ref tables, 0, (byte)(crc ^ value)) ^ crc >> 8;
        return crc;

        static ulong At(ref ulong tables, int table, byte index) => System.Runtime.CompilerServices.Unsafe.Add(ref tables, table * 256 + index);
    }

    /// <summary>
    /// Reduces all whole 64-byte groups to 16 bytes that have the same remainder, and those to a CRC. In the reflected form a 128-bit lane holds
    /// its higher powers in its low half; moving a lane by n bits multiplies its halves with x^(n+63) and x^(n-1) (one less than one would
    /// think, because the product of two reflected numbers comes out one bit short).
    /// </summary>
    private static ulong Fold(ulong crc, ref ReadOnlySpan<byte> data)
    {
        Vector128<ulong> a = Load(data, 0) ^ Vector128.CreateScalar(crc);
        Vector128<ulong> b = Load(data, 16), c = Load(data, 32), d = Load(data, 48);
        data = data[64..];
        for (; data.Length >= 64; data = data[64..])
        {
            a = Move(a, FoldBy512Bits) ^ Load(data, 0);
            b = Move(b, FoldBy512Bits) ^ Load(data, 16);
            c = Move(c, FoldBy512Bits) ^ Load(data, 32);
            d = Move(d, FoldBy512Bits) ^ Load(data, 48);
        }
        a = Move(Move(Move(a, FoldBy128Bits) ^ b, FoldBy128Bits) ^ c, FoldBy128Bits) ^ d;
        Span<byte> rest = stackalloc byte[16];
        a.AsByte().CopyTo(rest);
        return AppendByTable(0, rest);
    }

    private static Vector128<ulong> Move(Vector128<ulong> lane, Vector128<ulong> constant) =>
        Pclmulqdq.CarrylessMultiply(lane, constant, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, constant, 0x11);

    private static Vector128<ulong> Load(ReadOnlySpan<byte> data, int offset) => Vector128.Create(data.Slice(offset, 16)).AsUInt64();

    private static Vector128<ulong> FoldConstant(int bits) => Vector128.Create(Power(bits + 63), Power(bits - 1));

    /// <summary>x to a power, modulo the polynomial; the first bit is x^63.</summary>
    private static ulong Power(int exponent)
    {
        ulong value = 1UL << 63;
        for (int i = 0; i < exponent; i++)
            value = Times(value);
        return value;
    }

    private static ulong Times(ulong value) => (value & 1) != 0 ? value >> 1 ^ Polynomial : value >> 1;

    private static ulong[] MakeTables()
    {
        ulong[] tables = new ulong[TableCount * 256];
        for (int i = 0; i < 256; i++)
        {
            ulong value = (ulong)i;
            for (int bit = 0; bit < 8; bit++)
                value = Times(value);
            tables[i] = value;
        }
        for (int i = 256; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - 256]] ^ tables[i - 256] >> 8;
        return tables;
    }
}
