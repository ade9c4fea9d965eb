using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Layers.Internal.Diff;

namespace OciImages.Layers.Diff;

/// <summary>
/// Makes the tar of a layer out of trees on disk, or tells what changed between them. Linux 5.6; needs the rights to read the trees.
/// OCI image specification, "Layer", sections "Creating" and "Whiteouts"; where that is silent, what dockerd does.
/// </summary>
/// <remarks>
/// <para>
/// The tar is canonical: the same trees give the same bytes, and those of dockerd 24 and newer with overlay2. Names come in the order of
/// their bytes, directory by directory, each before what is in it; the root itself is no member. Times are cut to whole seconds, modes
/// are without type, owners are numbers, and of a file with several names the first one in the tar holds the content, the others are
/// hard links to it. What is gone becomes an empty file <c>.wh.name</c>, what hides all below <c>.wh..wh..opq</c>; a tar ends in
/// 1,024 zeros. See <see cref="Tar.TarWriter"/> for the headers.
/// </para>
/// <para>
/// Trees may be hostile and may change meanwhile: everything is reached by descriptors, symbolic links are never followed, other mounts never
/// entered. What vanishes before it is reached is not in the diff; a file that grows is cut to the size it had when it was opened; one that shrinks
/// ends the diff with an error. Sockets and names that start with <c>.wh.</c> have no place in a layer: they are left out with a warning.
/// </para>
/// <para>Memory holds the names of the directories on the way down to the current one, and one entry for each file with several names.</para>
/// <code>
/// var differ = TreeDiffer.OfOverlay(upper);
/// await using Stream tar = differ.OpenDiff();
/// </code>
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class TreeDiffer
{
    private readonly TreePair _trees;
    private readonly TreeDiffOptions _options;
    private readonly ILogger _logger;

    private TreeDiffer(TreePair trees, TreeDiffOptions? options, ILogger? logger)
    {
        _trees = trees;
        _options = options ?? new TreeDiffOptions();
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>The differences between two complete trees, or all of one.</summary>
    /// <param name="lower">The tree before, or null for an empty one.</param>
    /// <param name="upper">The tree after.</param>
    /// <param name="options">What goes into the layer; null for the defaults.</param>
    /// <param name="logger">Gets warnings about what is left out; null for none.</param>
    /// <returns>The differ.</returns>
    /// <remarks>
    /// Something changed when its type, mode, owner, device, size, time, link target or kept attributes are others; a directory does not
    /// change with its time. If the seconds of both times are the same and one has no nanoseconds, as tars have none, contents are compared.
    /// </remarks>
    public static TreeDiffer OfTrees(string? lower, string upper, TreeDiffOptions? options = null, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(upper);
        return new TreeDiffer(new TreePair(lower, upper, IsOverlay: false), options, logger);
    }

    /// <summary>What the upper directory of an overlay mount holds.</summary>
    /// <param name="upper">The upper directory: whiteouts are devices 0:0, opaque directories have <c>overlay.opaque</c>.</param>
    /// <param name="lower">
    /// The complete tree below, or null when there is none. Only <see cref="ListChangesAsync"/> looks at it, to tell what is new from what was there.
    /// </param>
    /// <param name="options">What goes into the layer; null for the defaults.</param>
    /// <param name="logger">Gets warnings about what is left out; null for none.</param>
    /// <returns>The differ.</returns>
    /// <remarks>A directory that was only moved (<c>redirect_dir</c>) or a file without its content (<c>metacopy</c>) is refused as unsupported.</remarks>
    public static TreeDiffer OfOverlay(string upper, string? lower = null, TreeDiffOptions? options = null, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(upper);
        return new TreeDiffer(new TreePair(lower, upper, IsOverlay: true), options, logger);
    }

    /// <summary>Opens the tar of the layer.</summary>
    /// <returns>
    /// The uncompressed tar, made while it is read: a stream to be read forward, asynchronously only. A read throws
    /// <see cref="StorageException"/> when the disk refuses, and <see cref="OciException"/> when a file shrinks meanwhile
    /// (<see cref="OciErrorKind.Conflict"/>) or the tree holds what no layer can (<see cref="OciErrorKind.Unsupported"/>).
    /// </returns>
    public Stream OpenDiff() => new TreeDiffStream(_trees, _options, _logger);

    /// <summary>Writes the tar of the layer.</summary>
    /// <param name="tar">Gets the uncompressed tar; not disposed.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>A task.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    /// <exception cref="OciException">As reads from <see cref="OpenDiff"/>.</exception>
    public async ValueTask WriteDiffAsync(Stream tar, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tar);
        Stream diff = OpenDiff();
        await using (diff.ConfigureAwait(false))
            await diff.CopyToAsync(tar, TreeDiffStream.BufferSize, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists what changed, in the order of the tar; directories with changes below are modified themselves, the root is not listed.</summary>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The changes.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public IAsyncEnumerable<TreeChange> ListChangesAsync(CancellationToken cancellationToken = default) =>
        TreeChangeList.ReadAsync(_trees, _options, cancellationToken);

    /// <summary>Adds up the sizes of the changed files and symbolic links, each inode once, as Docker's overlay2 counts a layer.</summary>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The size in bytes.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public ValueTask<long> GetSizeAsync(CancellationToken cancellationToken = default) =>
        new(Task.Run(() => TreeDiffSize.Measure(_trees, _options, cancellationToken), cancellationToken));
}
