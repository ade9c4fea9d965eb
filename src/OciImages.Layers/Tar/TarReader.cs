namespace OciImages.Layers.Tar;

/// <summary>Reads a tar forward, one member at a time. Not thread-safe; does not dispose the stream.</summary>
public sealed class TarReader
{
    /// <summary>Makes a reader.</summary>
    /// <param name="stream">The uncompressed tar, at its start.</param>
    public TarReader(Stream stream) => _ = stream;

    /// <summary>Reads up to the next member, passing over unread content of the current one.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The member, or null at the end of the archive.</returns>
    /// <exception cref="OciException">The tar is malformed or truncated (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public ValueTask<TarEntry?> ReadEntryAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Reads stored content of the current member.</summary>
    /// <param name="buffer">Where it goes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>How many bytes were read; 0 at the end of the member's content.</returns>
    /// <exception cref="OciException">The tar is truncated (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
