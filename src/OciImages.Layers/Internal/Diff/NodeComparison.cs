using System.Buffers;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Diff;

/// <summary>Tells whether an inode is as it was: what Docker compares, and where that is not enough the rest.</summary>
internal static class NodeComparison
{
    internal static bool Differ(OpenNode lower, OpenNode upper, KeptAttributes attributes)
    {
        ref readonly StatxData a = ref lower.Data;
        ref readonly StatxData b = ref upper.Data;
        if (a.Mode != b.Mode || a.UserId != b.UserId || a.GroupId != b.GroupId || a.SpecialMajor != b.SpecialMajor || a.SpecialMinor != b.SpecialMinor)
            return true;
        if (!a.IsDirectory && (a.Size != b.Size || a.ModificationSeconds != b.ModificationSeconds))
            return true;
        if (!attributes.AreEqual(lower, upper))
            return true;
        if (a.Type == FileModes.SymbolicLink)
            return !lower.ReadTarget().AsSpan().SequenceEqual(upper.ReadTarget());
        if (a.IsDirectory || a.ModificationNanoseconds == b.ModificationNanoseconds)
            return false;
        // Tars keep whole seconds alone: one time without nanoseconds says nothing about which they were.
        bool mayBeCut = a.ModificationNanoseconds == 0 || b.ModificationNanoseconds == 0;
        return !mayBeCut || a.Type == FileModes.File && DifferInContent(lower, upper);
    }

    private static bool DifferInContent(OpenNode lower, OpenNode upper)
    {
        const int size = 64 * 1024;
        byte[] a = ArrayPool<byte>.Shared.Rent(size), b = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            using FileDescriptor first = lower.OpenContent(), second = upper.OpenContent();
            while (true)
            {
                int count = FileReading.Fill(first, a.AsSpan(0, size), lower);
                if (FileReading.Fill(second, b.AsSpan(0, size), upper) != count || !a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count)))
                    return true;
                if (count < size)
                    return false;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(a);
            ArrayPool<byte>.Shared.Return(b);
        }
    }
}
