using System.Text;
using OciImages.Layers.TarSplit;

namespace OciImages.Layers.Tests.TarSplit;

public class Crc64Tests
{
    [Theory]
    [InlineData("", 0UL)]
    [InlineData("1", 0x4320000000000000UL)]
    [InlineData("hello", 0x3c3eeee2d8100000UL)]
    [InlineData("123456789", 0xb90956c775a41001UL)]
    public void Append_KnownVectors_GiveGosValues(string text, ulong expected)
    {
        var fast = default(Crc64);
        var portable = default(Crc64);
        fast.Append(Encoding.ASCII.GetBytes(text));
        portable.AppendPortable(Encoding.ASCII.GetBytes(text));
        Assert.Equal((expected, expected), (fast.Value, portable.Value));
    }

    [Fact]
    public void Append_EveryLengthAndSplit_EqualsTheBitwiseDefinition()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        byte[] data = new byte[1100];
        random.NextBytes(data);
        for (int length = 0; length <= data.Length; length++)
        {
            int split = random.Next(length + 1);
            var crc = default(Crc64);
            crc.Append(data.AsSpan(0, split));
            crc.Append(data.AsSpan(split, length - split));
            var portable = default(Crc64);
            portable.AppendPortable(data.AsSpan(0, length));
            ulong expected = Bitwise(data.AsSpan(0, length));
            Assert.True(expected == crc.Value && expected == portable.Value, $"length {length}, split {split}, seed {seed}");
        }
    }

    private static ulong Bitwise(ReadOnlySpan<byte> data)
    {
        ulong crc = ulong.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xD800000000000000 : crc >> 1;
        }
        return ~crc;
    }
}
