namespace OciImages.Content.Collection;

/// <summary>What a collection has to keep: the store knows digests, its owner knows what they mean.</summary>
public interface IContentGraph
{
    /// <summary>Lists what is needed by itself: the manifests and configs of images, what an index of tags names.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>
    /// The roots, in any order, any number of times; content that is not there is no error. Called after the leases were read, so it
    /// must give everything whose lease was released before the call.
    /// </returns>
    IAsyncEnumerable<Descriptor> ListRootsAsync(CancellationToken cancellationToken = default);

    /// <summary>Says what a piece of content refers to; <see cref="ManifestReferences.ReadAsync"/> does it for manifests and indexes.</summary>
    /// <param name="content">The content; it need not be there.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What it refers to; empty for content that refers to nothing and for content that is not there.</returns>
    /// <exception cref="OciException">It cannot be read or understood: the collection stops and deletes nothing.</exception>
    ValueTask<IReadOnlyList<Descriptor>> ListReferencesAsync(Descriptor content, CancellationToken cancellationToken = default);
}
