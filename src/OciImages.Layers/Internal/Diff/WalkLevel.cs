using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Diff;

/// <summary>One directory on the way down, in both trees.</summary>
internal sealed class WalkLevel : IDisposable
{
    private readonly NameList _upperNames;
    private readonly NameList? _lowerNames;
    private int _upperIndex = -1, _lowerIndex = -1;
    private bool _atUpper = true, _atLower = true;

    /// <summary>Lists a directory.</summary>
    /// <param name="upper">The directory after; disposed with this.</param>
    /// <param name="lower">The same directory before, or null; disposed with this.</param>
    /// <param name="isPartial">Whether a name that the upper one lacks is still there, as in an overlay.</param>
    /// <param name="trees">The trees for messages.</param>
    /// <param name="path">The path of the directory.</param>
    internal WalkLevel(OpenNode upper, OpenNode? lower, bool isPartial, TreePair trees, ReadOnlySpan<byte> path)
    {
        (Upper, Lower, IsPartial, PathLength) = (upper, lower, isPartial, path.Length);
        _upperNames = NameList.Read(upper.Descriptor, trees.Upper, path);
        if (lower is { IsReadable: true } && !isPartial)
            _lowerNames = NameList.Read(lower.Descriptor, trees.Lower!, path);
    }

    internal OpenNode Upper { get; }

    internal OpenNode? Lower { get; }

    /// <summary>How long the path of the directory is.</summary>
    internal int PathLength { get; }

    /// <summary>Whether the directory itself is as it was, and is told only if something below is not.</summary>
    internal bool IsPending { get; set; }

    /// <summary>The current name, ending with NUL.</summary>
    internal ReadOnlySpan<byte> Name => _atUpper ? _upperNames[_upperIndex] : _lowerNames![_lowerIndex];

    internal bool IsInUpper => _atUpper;

    /// <summary>Whether a name that the upper directory lacks is still there.</summary>
    internal bool IsPartial { get; }

    /// <summary>Whether the lower directory may have the name.</summary>
    internal bool MayBeInLower => Lower is { IsReadable: true } && (_lowerNames is null || _atLower);

    /// <summary>Goes to the next name of either directory.</summary>
    internal bool MoveNext()
    {
        _upperIndex += _atUpper ? 1 : 0;
        _lowerIndex += _atLower ? 1 : 0;
        bool hasUpper = _upperIndex < _upperNames.Count;
        bool hasLower = _lowerNames is not null && _lowerIndex < _lowerNames.Count;
        int order = hasUpper && hasLower ? _upperNames[_upperIndex].SequenceCompareTo(_lowerNames![_lowerIndex]) : hasUpper ? -1 : 1;
        _atUpper = hasUpper && order <= 0;
        _atLower = hasLower && order >= 0;
        return hasUpper || hasLower;
    }

    public void Dispose()
    {
        Upper.Dispose();
        Lower?.Dispose();
    }
}
