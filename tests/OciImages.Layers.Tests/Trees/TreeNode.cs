namespace OciImages.Layers.Tests.Trees;

/// <summary>One inode of a tree as a container would see it. Paths and names are decoded as Latin-1, so that bytes survive.</summary>
public sealed record TreeNode
{
    public required char Type { get; init; }

    public uint Mode { get; init; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    public long Size { get; init; }

    public (long Seconds, long Nanoseconds) ModificationTime { get; init; }

    public uint LinkCount { get; init; }

    public ulong Inode { get; init; }

    public (uint Major, uint Minor) Device { get; init; }

    /// <summary>The target of a symbolic link, or the SHA-256 of a file.</summary>
    public string Content { get; init; } = "";

    public IReadOnlyDictionary<string, string> ExtendedAttributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Everything but what differs between two copies, for comparison.</summary>
    public string Describe() =>
        $"{Type} {Convert.ToString(Mode, 8)} {UserId}:{GroupId} {(Type == 'd' ? 0 : Size)} {ModificationTime.Seconds}.{ModificationTime.Nanoseconds:D9} "
        + $"{(Type == 'd' ? 0 : LinkCount)} {Device.Major},{Device.Minor} {Content} "
        + string.Join(' ', ExtendedAttributes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
}
