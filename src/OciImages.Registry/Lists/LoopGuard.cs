using System.Numerics;

namespace OciImages.Registry.Lists;

/// <summary>Finds out that a registry's pages lead in a circle, or do not end. Keeps one place in memory, however many there were (R. P. Brent, 1980).</summary>
internal sealed class LoopGuard
{
    private const int MaxPages = 10_000;

    private int _count;
    private string? _mark;

    /// <summary>Notes that a page is to be asked for.</summary>
    /// <returns>Whether it may be: a circle is told at the latest when it was gone around twice.</returns>
    public bool TryPass(string target)
    {
        if (target == _mark || ++_count > MaxPages)
            return false;
        if (BitOperations.IsPow2(_count))
            _mark = target;
        return true;
    }
}
