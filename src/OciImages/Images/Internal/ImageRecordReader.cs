using System.Buffers.Binary;
using System.Text;

namespace OciImages.Images.Internal;

/// <summary>Reads what <see cref="BinaryWriter"/> wrote, from memory. What ends too early, or is no such text, throws <see cref="FormatException"/>.</summary>
internal ref struct ImageRecordReader(ReadOnlySpan<byte> payload, ImageRecordReader.Names names)
{
    private const int MaxDigestLength = 7 + 128;

    private ReadOnlySpan<byte> _rest = payload;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal byte ReadByte() => Take(1)[0];

    internal short ReadInt16() => BinaryPrimitives.ReadInt16LittleEndian(Take(sizeof(short)));

    internal int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    internal long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>How many texts follow, each of a byte at least.</summary>
    internal int ReadCount() => ReadInt32() is var count && count >= 0 && count <= _rest.Length ? count : throw new FormatException();

    internal string ReadText() => Encoding.UTF8.GetString(TakeText());

    /// <summary>A text that many records have: one string for all of them.</summary>
    internal string ReadName() => names.Get(TakeText());

    /// <summary>A digest; empty for an empty text.</summary>
    internal Digest ReadDigest() => ParseDigest(TakeText());

    /// <summary>The same, where many records have the same.</summary>
    internal Digest ReadSharedDigest() => names.GetDigest(TakeText());

    private static Digest ParseDigest(ReadOnlySpan<byte> text)
    {
        Span<char> characters = stackalloc char[MaxDigestLength];
        if (text.IsEmpty)
            return default;
        return Encoding.ASCII.TryGetChars(text, characters, out int length) && Digest.TryParse(characters[..length], out var digest)
            ? digest
            : throw new FormatException();
    }

    private ReadOnlySpan<byte> TakeText()
    {
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = ReadByte();
            length |= (part & 0x7F) << shift;
            if (part < 0x80)
                return Take(length);
            if (shift >= 21)
                throw new FormatException(); // longer than a record may be
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
            throw new FormatException();
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    /// <summary>The strings that records share. Only short ones, and not without end.</summary>
    internal sealed class Names
    {
        private const int MaxLength = 256;
        private const int MaxCount = 10_000;

        private readonly Dictionary<string, Digest> _digests = [];
        private readonly HashSet<string> _names = [];

        internal string Get(ReadOnlySpan<byte> text)
        {
            Span<char> characters = stackalloc char[MaxLength];
            if (!Encoding.UTF8.TryGetChars(text, characters, out int length))
                return Encoding.UTF8.GetString(text);
            var shared = _names.GetAlternateLookup<ReadOnlySpan<char>>();
            if (shared.TryGetValue(characters[..length], out string? known))
                return known;
            string name = characters[..length].ToString();
            if (_names.Count < MaxCount)
                _names.Add(name);
            return name;
        }

        internal Digest GetDigest(ReadOnlySpan<byte> text)
        {
            Span<char> characters = stackalloc char[MaxDigestLength];
            if (Encoding.ASCII.TryGetChars(text, characters, out int length)
                && _digests.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(characters[..length], out var known))
            {
                return known;
            }
            var digest = ParseDigest(text);
            if (_digests.Count < MaxCount)
                _digests.TryAdd(digest.ToString(), digest);
            return digest;
        }
    }
}
