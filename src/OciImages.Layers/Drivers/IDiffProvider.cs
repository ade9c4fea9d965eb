using OciImages.Layers.Diff;

namespace OciImages.Layers.Drivers;

/// <summary>
/// An ability that a storage driver may have: it keeps a layer's own changes apart, so that nobody has to compare two trees to find them. Linux.
/// </summary>
public interface IDiffProvider
{
    /// <summary>Gives what reads a layer's own changes.</summary>
    /// <param name="id">A writable or committed layer.</param>
    /// <param name="lower">
    /// The complete tree of what the layer stands on, for <see cref="TreeDiffer.ListChangesAsync"/>; null when that is not asked for.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The differ; null when trees must be compared here after all.</returns>
    /// <exception cref="OciException">There is no such layer (<see cref="OciErrorKind.NotFound"/>).</exception>
    ValueTask<TreeDiffer?> FindDifferAsync(string id, string? lower, CancellationToken cancellationToken = default);
}
