namespace OciImages;

/// <summary>Names images.</summary>
public interface IImageTagger
{
    /// <summary>Makes a tag name an image, whatever it named before.</summary>
    /// <param name="referenceOrId">The image.</param>
    /// <param name="tag">The tag; without one, <c>latest</c>.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    /// <exception cref="OciException">
    /// There is no such image (<see cref="OciErrorKind.NotFound"/>), or <paramref name="tag"/> has a digest (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    Task TagAsync(string referenceOrId, ImageReference tag, CancellationToken cancellationToken = default);
}
