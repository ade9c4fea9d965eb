using OciImages.Archives;
using OciImages.Catalog;
using OciImages.Checks;
using OciImages.Commit;
using OciImages.IO;
using OciImages.Import;
using OciImages.Layers;
using OciImages.Pull;
using OciImages.Push;
using OciImages.Removal;
using OciImages.Usage;

namespace OciImages;

/// <summary>Everything that can be done with images, in one object. It forwards to the roles and holds no logic of its own.</summary>
/// <param name="puller">Pulls.</param>
/// <param name="pusher">Pushes.</param>
/// <param name="catalog">Lists and inspects.</param>
/// <param name="fileSystems">Mounts and unpacks.</param>
/// <param name="archiver">Saves and loads.</param>
/// <param name="tagger">Tags.</param>
/// <param name="remover">Removes and prunes.</param>
/// <param name="checker">Checks and repairs.</param>
/// <param name="usage">Counts what takes up room.</param>
/// <param name="importer">Imports root file systems.</param>
/// <param name="exporter">Exports trees.</param>
/// <param name="committer">Commits writable layers.</param>
/// <param name="containerLayers">Makes writable layers.</param>
public sealed class ImageService(
    IImagePuller puller, IImagePusher pusher, IImageCatalog catalog, IImageFileSystems fileSystems, IImageArchiver archiver,
    IImageTagger tagger, IImageRemover remover, IImageChecker checker, IDiskUsage usage, IImageImporter importer, IImageExporter exporter,
    IImageCommitter committer, IContainerLayers containerLayers)
    : IImagePuller, IImagePusher, IImageCatalog, IImageFileSystems, IImageArchiver, IImageTagger, IImageRemover, IImageChecker, IDiskUsage,
        IImageImporter, IImageExporter, IImageCommitter, IContainerLayers
{
    /// <inheritdoc/>
    public Task<PullResult> PullAsync(ImageReference reference, PullOptions? options = null, CancellationToken cancellationToken = default) =>
        puller.PullAsync(reference, options, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<PullResult> PullAllTagsAsync(
        RepositoryName repository, PullOptions? options = null, CancellationToken cancellationToken = default) =>
        puller.PullAllTagsAsync(repository, options, cancellationToken);

    /// <inheritdoc/>
    public Task<PushResult> PushAsync(ImageReference reference, PushOptions? options = null, CancellationToken cancellationToken = default) =>
        pusher.PushAsync(reference, options, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<PushResult> PushAllTagsAsync(
        RepositoryName repository, PushOptions? options = null, CancellationToken cancellationToken = default) =>
        pusher.PushAllTagsAsync(repository, options, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ImageSummary> ListAsync(ListOptions? options = null, CancellationToken cancellationToken = default) =>
        catalog.ListAsync(options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ImageId?> FindIdAsync(string referenceOrId, CancellationToken cancellationToken = default) =>
        catalog.FindIdAsync(referenceOrId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Image?> FindAsync(string referenceOrId, CancellationToken cancellationToken = default) =>
        catalog.FindAsync(referenceOrId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ImageDetails> InspectAsync(string referenceOrId, CancellationToken cancellationToken = default) =>
        catalog.InspectAsync(referenceOrId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ImageHistoryItem>> GetHistoryAsync(string referenceOrId, CancellationToken cancellationToken = default) =>
        catalog.GetHistoryAsync(referenceOrId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Mount> MountAsync(string referenceOrId, MountOptions? options = null, CancellationToken cancellationToken = default) =>
        fileSystems.MountAsync(referenceOrId, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string> KeepMountedAsync(string referenceOrId, string? directory = null, CancellationToken cancellationToken = default) =>
        fileSystems.KeepMountedAsync(referenceOrId, directory, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> UnmountAsync(string directoryOrImage, CancellationToken cancellationToken = default) =>
        fileSystems.UnmountAsync(directoryOrImage, cancellationToken);

    /// <inheritdoc/>
    public Task UnpackAsync(string referenceOrId, string directory, CancellationToken cancellationToken = default) =>
        fileSystems.UnpackAsync(referenceOrId, directory, cancellationToken);

    /// <inheritdoc/>
    public Task SaveAsync(
        IReadOnlyList<string> names, Stream destination, SaveOptions? options = null, CancellationToken cancellationToken = default) =>
        archiver.SaveAsync(names, destination, options, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream archive, LoadOptions? options = null, CancellationToken cancellationToken = default) =>
        archiver.LoadAsync(archive, options, cancellationToken);

    /// <inheritdoc/>
    public Task TagAsync(string referenceOrId, ImageReference tag, CancellationToken cancellationToken = default) =>
        tagger.TagAsync(referenceOrId, tag, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RemovedItem>> RemoveAsync(
        string referenceOrId, RemoveOptions? options = null, CancellationToken cancellationToken = default) =>
        remover.RemoveAsync(referenceOrId, options, cancellationToken);

    /// <inheritdoc/>
    public Task<PruneResult> PruneAsync(PruneOptions? options = null, CancellationToken cancellationToken = default) =>
        remover.PruneAsync(options, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreFinding> CheckAsync(CheckOptions? options = null, CancellationToken cancellationToken = default) =>
        checker.CheckAsync(options, cancellationToken);

    /// <inheritdoc/>
    public Task<DiskUsage> GetDiskUsageAsync(CancellationToken cancellationToken = default) => usage.GetDiskUsageAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ImageId> ImportAsync(Stream rootFileSystem, ImportOptions? options = null, CancellationToken cancellationToken = default) =>
        importer.ImportAsync(rootFileSystem, options, cancellationToken);

    /// <inheritdoc/>
    public Task ExportAsync(string referenceOrId, Stream destination, CancellationToken cancellationToken = default) =>
        exporter.ExportAsync(referenceOrId, destination, cancellationToken);

    /// <inheritdoc/>
    public Task<ImageId> CommitAsync(string layerName, CommitOptions? options = null, CancellationToken cancellationToken = default) =>
        committer.CommitAsync(layerName, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WritableLayer> CreateLayerAsync(
        string name, string referenceOrId, WritableLayerOptions? options = null, CancellationToken cancellationToken = default) =>
        containerLayers.CreateLayerAsync(name, referenceOrId, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WritableLayer?> FindLayerAsync(string name, CancellationToken cancellationToken = default) =>
        containerLayers.FindLayerAsync(name, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LayerInfo>?> ReleaseLayerAsync(string name, CancellationToken cancellationToken = default) =>
        containerLayers.ReleaseLayerAsync(name, cancellationToken);
}
