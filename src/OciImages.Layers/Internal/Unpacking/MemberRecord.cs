namespace OciImages.Layers.Internal.Unpacking;

/// <summary>What could not be set on a member of a tree, or is not visible on it. See <see cref="MemberRecordWriter"/> for the format.</summary>
internal sealed class MemberRecord
{
    internal required byte[] Path { get; init; }

    internal bool Implied { get; init; }

    internal uint? UserId { get; set; }

    internal uint? GroupId { get; set; }

    internal uint? Mode { get; set; }

    /// <summary><c>char</c> or <c>block</c> when an empty file stands in for a device.</summary>
    internal string? Device { get; set; }

    internal uint Major { get; set; }

    internal uint Minor { get; set; }

    internal List<KeyValuePair<string, ReadOnlyMemory<byte>>> ExtendedAttributes { get; } = [];
}
