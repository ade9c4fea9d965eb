namespace OciImages.Layers.Internal.Diff;

/// <summary>What one path is in both trees; disposed with this until it becomes a level of the walk.</summary>
/// <param name="upper">What is there now.</param>
/// <param name="lower">What was there before.</param>
internal sealed class NodePair(OpenNode? upper, OpenNode? lower) : IDisposable
{
    private bool _isTaken;

    internal OpenNode? Upper => upper;

    internal OpenNode? Lower => lower;

    /// <summary>Makes a level of a directory, which has the nodes from then on.</summary>
    internal WalkLevel Enter(bool isPartial, TreePair trees, ReadOnlySpan<byte> path)
    {
        var level = new WalkLevel(upper!, lower, isPartial, trees, path);
        _isTaken = true;
        return level;
    }

    public void Dispose()
    {
        if (_isTaken)
            return;
        upper?.Dispose();
        lower?.Dispose();
    }
}
