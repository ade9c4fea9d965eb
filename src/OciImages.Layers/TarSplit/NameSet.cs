using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OciImages.Layers.TarSplit;

/// <summary>
/// The names seen so far, each as 16 bytes of its SHA-256, so that a million of them take 32 MiB and not their length. With a cryptographic
/// hash nobody can make two names that are taken for one.
/// </summary>
internal sealed class NameSet
{
    private UInt128[] _slots = new UInt128[64];

    public int Count { get; private set; }

    /// <summary>Adds a name; false when it is there already.</summary>
    public bool Add(ReadOnlySpan<byte> name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(name, hash);
        // Zero marks a free slot.
        UInt128 key = BinaryPrimitives.ReadUInt128LittleEndian(hash) | 1;
        if (4 * (Count + 1) > 3 * _slots.Length)
            Grow();
        if (!Insert(_slots, key))
            return false;
        Count++;
        return true;
    }

    private static bool Insert(UInt128[] slots, UInt128 key)
    {
        int mask = slots.Length - 1;
        for (int i = (int)(key >> 64) & mask; ; i = i + 1 & mask)
        {
            if (slots[i] == key)
                return false;
            if (slots[i] == 0)
            {
                slots[i] = key;
                return true;
            }
        }
    }

    private void Grow()
    {
        var larger = new UInt128[2 * _slots.Length];
        foreach (UInt128 key in _slots)
        {
            if (key != 0)
                Insert(larger, key);
        }
        _slots = larger;
    }
}
