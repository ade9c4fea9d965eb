using OciImages.Configs;

namespace OciImages.Archives.Internal;

/// <summary>The files of an archive of images, however it comes.</summary>
internal abstract class ArchiveSource : IAsyncDisposable
{
    /// <summary>No JSON of an image is larger.</summary>
    public const int MaxSmallSize = ImageConfig.MaxSize;

    /// <summary>Whether several layers may be staged at the same time.</summary>
    public abstract bool IsParallel { get; }

    /// <summary>Whether there is a file, or a link to one.</summary>
    public abstract bool Has(string name);

    /// <summary>Reads a small file whole.</summary>
    /// <exception cref="OciException">There is none, or it is too large (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Unpacks a layer.</summary>
    /// <returns>The layer; null when its bytes have passed by, because the layer is here already in another chain.</returns>
    /// <exception cref="OciException">There is no such file (<see cref="OciErrorKind.InvalidInput"/>), or see <see cref="LayerStager"/>.</exception>
    public abstract ValueTask<StagedBlob?> StageAsync(string name, DiffId expected, CancellationToken cancellationToken);

    /// <summary>Drops what was staged and not taken.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();

    /// <summary>The digest that a file's name promises: that of a blob of an image layout.</summary>
    public static Digest? DigestOf(string name)
    {
        string[] parts = name.Split('/');
        return parts is ["blobs", var algorithm, var hex] && Digest.TryParse($"{algorithm}:{hex}", out var digest) ? digest : null;
    }

    protected static OciException Missing(string name) => new(OciErrorKind.InvalidInput, $"The archive has no \"{name}\", which it names.");

    protected static OciException TooLarge(string name, long size) =>
        new(OciErrorKind.InvalidInput, $"The archive's \"{name}\" has {size} bytes, more than the {MaxSmallSize} allowed.");
}
