using OciImages.Push;

namespace OciImages;

/// <summary>Brings images to registries.</summary>
public interface IImagePusher
{
    /// <summary>
    /// Pushes an image to the repository and under the tag that its reference says. What was pulled is pushed byte for byte: its digest stays. What
    /// the registry has is not sent.
    /// </summary>
    /// <param name="reference">The image, by a reference that names it here; without tag, <c>latest</c> is meant.</param>
    /// <param name="options">Platforms and progress; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; what the registry has by then stays there, without a tag.</param>
    /// <returns>What was pushed.</returns>
    /// <exception cref="OciException">
    /// The reference names nothing here (<see cref="OciErrorKind.NotFound"/>) or is a digest (<see cref="OciErrorKind.InvalidInput"/>), some of the
    /// content is gone (<see cref="OciErrorKind.NotFound"/>) or damaged (<see cref="OciErrorKind.Corrupt"/>), or the registry refuses.
    /// </exception>
    Task<PushResult> PushAsync(ImageReference reference, PushOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Pushes every tag that a repository has here, one after the other.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="options">Platforms and progress; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Each tag's result as it is there.</returns>
    /// <exception cref="OciException">There is no such tag here (<see cref="OciErrorKind.NotFound"/>), or one cannot be pushed; those before it stay.</exception>
    IAsyncEnumerable<PushResult> PushAllTagsAsync(
        RepositoryName repository, PushOptions? options = null, CancellationToken cancellationToken = default);
}
