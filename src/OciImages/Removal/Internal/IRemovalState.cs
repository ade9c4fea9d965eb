using OciImages.Layers;

namespace OciImages.Removal.Internal;

/// <summary>
/// What a removal looks at and changes: the stores themselves, or a copy in memory on which a dry run does the same.
/// </summary>
internal interface IRemovalState
{
    /// <summary>The references to an image, ordered by their full text.</summary>
    ValueTask<IReadOnlyList<ImageReference>> ReferencesAsync(ImageId image, CancellationToken cancellationToken);

    ValueTask<bool> HasChildrenAsync(ImageId image, CancellationToken cancellationToken);

    ValueTask<ImageId?> FindParentAsync(ImageId image, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<ImageUser>> ListUsersAsync(ImageId image, CancellationToken cancellationToken);

    /// <summary>Removes a reference, if it still names the image.</summary>
    ValueTask RemoveReferenceAsync(ImageReference reference, ImageId image, CancellationToken cancellationToken);

    /// <summary>Deletes an image without references, and those of its layers that nothing else needs.</summary>
    /// <returns>The layers that went, topmost first.</returns>
    ValueTask<IReadOnlyList<LayerInfo>> DeleteImageAsync(ImageId image, CancellationToken cancellationToken);
}
