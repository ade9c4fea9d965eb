using OciImages.Checks;
using OciImages.IO;

namespace OciImages;

/// <summary>Checks a data root and repairs it.</summary>
public interface IImageChecker
{
    /// <summary>
    /// Checks everything that the stores of the data root promise: the content store and its layout, configs and what is noted of them,
    /// references, origins, the layers of every image, writable layers, records of blobs, mount points, and what nothing refers to.
    /// </summary>
    /// <remarks>
    /// It runs beside other work of any process: what is in flight is not found. Repairs come in the order in which one makes way for the
    /// next: what is lost is put back first, references to what stays lost go then, and last what nothing refers to. Nothing that anything
    /// refers to is ever deleted. Where a part cannot be checked, that is a finding, and the check goes on with the next part.
    /// </remarks>
    /// <param name="options">How deep, and whether to repair; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the check between two steps; what is repaired by then stays so.</param>
    /// <returns>What was found, as it is found; nothing when all is well.</returns>
    IAsyncEnumerable<StoreFinding> CheckAsync(CheckOptions? options = null, CancellationToken cancellationToken = default);
}
