using OciImages.Pull;

namespace OciImages;

/// <summary>Brings images from registries.</summary>
public interface IImagePuller
{
    /// <summary>Pulls an image and makes its reference name it. What is here already is not fetched again.</summary>
    /// <param name="reference">The image; without tag and digest, <c>latest</c> is meant.</param>
    /// <param name="options">Platform and progress; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; a later call continues with the bytes that are here.</param>
    /// <returns>What was pulled.</returns>
    /// <exception cref="OciException">The image cannot be had, or is not what its digests say; the store is as it was.</exception>
    Task<PullResult> PullAsync(ImageReference reference, PullOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Pulls every tag of a repository, one after the other.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="options">Platform and progress; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Each tag's result as it is there.</returns>
    /// <exception cref="OciException">A tag cannot be had; those before it stay.</exception>
    IAsyncEnumerable<PullResult> PullAllTagsAsync(
        RepositoryName repository, PullOptions? options = null, CancellationToken cancellationToken = default);
}
