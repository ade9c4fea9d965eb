namespace OciImages.Layers.Internal.Overlay;

/// <summary>What is to be mounted.</summary>
internal sealed class OverlayStack
{
    /// <summary>The lower directories, topmost first; at least two.</summary>
    internal required IReadOnlyList<string> Lowers { get; init; }

    /// <summary>The directory that takes the changes; null for a tree that can only be read.</summary>
    internal string? Upper { get; init; }

    /// <summary>The kernel's own directory beside <see cref="Upper"/>.</summary>
    internal string? Work { get; init; }

    /// <summary>The SELinux label of all files; null for none.</summary>
    internal string? Label { get; init; }
}
