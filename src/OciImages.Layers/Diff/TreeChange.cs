namespace OciImages.Layers.Diff;

/// <summary>One path that differs between two trees.</summary>
/// <param name="Path">The path below the root: bytes, without a slash at either end.</param>
/// <param name="Kind">What happened to it.</param>
public readonly record struct TreeChange(ReadOnlyMemory<byte> Path, TreeChangeKind Kind);
