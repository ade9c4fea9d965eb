namespace OciImages.Content;

/// <summary>Shortcuts for small content: manifests and configs.</summary>
public static class ContentStoreExtensions
{
    /// <summary>Reads small content whole and verifies it.</summary>
    /// <param name="content">The store.</param>
    /// <param name="digest">The content.</param>
    /// <param name="maxSize">How many bytes it may have.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The bytes; null when the content is not here.</returns>
    /// <exception cref="OciException">
    /// It is larger than allowed (<see cref="OciErrorKind.InvalidInput"/>), or not what its digest says any more
    /// (<see cref="OciErrorKind.Corrupt"/>).
    /// </exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadSmallAsync(
        this IContentReader content, Digest digest, int maxSize, CancellationToken cancellationToken = default)
    {
        if (await content.FindAsync(digest, cancellationToken).ConfigureAwait(false) is not { } info)
            return null;
        if (info.Size > maxSize)
            throw new OciException(OciErrorKind.InvalidInput, $"The content {digest} has {info.Size} bytes, more than the {maxSize} allowed here.");
        byte[] bytes = new byte[info.Size];
        var stream = await content.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
            await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (Digest.Compute(bytes, digest.Algorithm) is var actual && actual != digest)
            throw new OciException(OciErrorKind.Corrupt, $"The stored content {digest} is damaged: it hashes to {actual}.");
        return bytes;
    }

    /// <summary>Writes small content, unless it is here.</summary>
    /// <param name="content">The store.</param>
    /// <param name="bytes">The content.</param>
    /// <param name="digest">Its digest.</param>
    /// <param name="cancellationToken">Cancels before it is visible.</param>
    /// <returns>A task that ends when the content is durable.</returns>
    /// <exception cref="OciException">The bytes have another digest (<see cref="OciErrorKind.Corrupt"/>).</exception>
    public static async ValueTask WriteSmallAsync(
        this IContentStore content, ReadOnlyMemory<byte> bytes, Digest digest, CancellationToken cancellationToken = default)
    {
        if (await content.FindAsync(digest, cancellationToken).ConfigureAwait(false) is not null)
            return;
        // An id of its own: two writers of the same few bytes need not wait for each other, the second commit is a success too.
        string ingestId = $"small-{digest}-{Guid.NewGuid():N}";
        var writer = await content.OpenWriterAsync(ingestId, cancellationToken).ConfigureAwait(false);
        bool committed = false;
        try
        {
            await using (writer.ConfigureAwait(false))
            {
                await writer.Output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                await writer.CommitAsync(bytes.Length, digest, cancellationToken).ConfigureAwait(false);
                committed = true;
            }
        }
        finally
        {
            if (!committed)
                await content.AbortAsync(ingestId, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
