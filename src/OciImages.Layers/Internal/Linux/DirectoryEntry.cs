namespace OciImages.Layers.Internal.Linux;

/// <summary>One name in a directory.</summary>
/// <param name="Name">The name, ending with NUL.</param>
/// <param name="Type">The type as <c>d_type</c> has it; 0 when the file system does not tell.</param>
internal readonly record struct DirectoryEntry(byte[] Name, byte Type)
{
    /// <summary>The name without NUL.</summary>
    internal ReadOnlySpan<byte> Bytes => Name.AsSpan(0, Name.Length - 1);
}
