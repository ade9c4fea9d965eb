namespace OciImages.Layers.Diff;

/// <summary>What happened to a path, as in <c>docker diff</c>; the numbers are those of Docker's API.</summary>
public enum TreeChangeKind
{
    /// <summary>It is there still, and it or something below it is not as it was ("C").</summary>
    Modified = 0,

    /// <summary>It is new ("A").</summary>
    Added = 1,

    /// <summary>It is gone ("D").</summary>
    Deleted = 2,
}
