namespace OciImages.Content;

/// <summary>A hold on content against collection, for work whose result nothing refers to yet.</summary>
/// <remarks>
/// Disposing releases it. A process that dies leaves it to expire, unless <see cref="ContentLeaseOptions.EndsWithProcess"/> was asked
/// for. It may be changed in several processes at once: see <see cref="IContentStore.FindLeaseAsync"/>.
/// </remarks>
public abstract class ContentLease : IAsyncDisposable
{
    /// <summary>The id of the lease.</summary>
    public abstract string Id { get; }

    /// <summary>When it ends by itself, as far as this handle knows: another process may have moved it.</summary>
    public abstract DateTimeOffset ExpiresAt { get; }

    /// <summary>Holds content, there already or to come, in one durable step. Nothing happens for what is held already.</summary>
    /// <remarks>First hold, then look whether it is there: content that was seen before may be collected until it is held.</remarks>
    /// <param name="digests">The content.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the hold is durable.</returns>
    /// <exception cref="OciException">The lease has expired or was released elsewhere (<see cref="OciErrorKind.NotFound"/>): its content may be gone.</exception>
    public abstract ValueTask AddAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken = default);

    /// <summary>Moves the expiry.</summary>
    /// <param name="duration">How long from now; more than zero.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the expiry is durable.</returns>
    /// <exception cref="OciException">The lease has expired or was released elsewhere (<see cref="OciErrorKind.NotFound"/>): its content may be gone.</exception>
    public abstract ValueTask ExtendAsync(TimeSpan duration, CancellationToken cancellationToken = default);

    /// <summary>Releases the lease; a second call does nothing.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();
}
