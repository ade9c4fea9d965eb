using OciImages.Layers;

namespace OciImages.Removal.Internal;

/// <summary>
/// Docker's rules for removing an image, step by step as its daemon has them (moby, <c>daemon/images/image_delete.go</c>): they decide what goes, in
/// which order it is told, and when a conflict is passed over in silence.
/// </summary>
/// <param name="state">What is changed.</param>
/// <param name="force">See <see cref="RemoveOptions.Force"/>.</param>
/// <param name="keepParents">See <see cref="RemoveOptions.KeepParents"/>.</param>
internal sealed class Removal(IRemovalState state, bool force, bool keepParents)
{
    private readonly List<RemovedItem> _items = [];

    /// <summary>What went so far.</summary>
    public IReadOnlyList<RemovedItem> Items => _items;

    /// <summary>The layers that went so far.</summary>
    public List<LayerInfo> Layers { get; } = [];

    /// <summary>Removes an image by a reference to it.</summary>
    /// <param name="typed">The reference as the caller has it, for messages.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="image">The image that it names.</param>
    /// <param name="cancellationToken">Cancels between steps.</param>
    public async Task RemoveReferenceAsync(string typed, ImageReference reference, ImageId image, CancellationToken cancellationToken)
    {
        var references = await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false);
        if (!force && IsSingle(references) && await state.ListUsersAsync(image, cancellationToken).ConfigureAwait(false) is [var user, ..])
        {
            throw new OciException(
                OciErrorKind.Conflict,
                $"conflict: unable to remove repository reference \"{typed}\" (must force) - container {Short(user)} is using its referenced image {image.Value.Hex[..12]}");
        }
        await UntagAsync(reference, image, cancellationToken).ConfigureAwait(false);
        // With its last tag, a repository's digests go too.
        if (reference.Digest is null && !references.Any(other => other.Digest is null && other != reference && other.Repository == reference.Repository))
        {
            foreach (var digest in references.Where(other => other.Digest is not null && other.Repository == reference.Repository))
                await UntagAsync(digest, image, cancellationToken).ConfigureAwait(false);
        }
        if ((await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false)).Count == 0)
            await DeleteAsync(image, force, isQuiet: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes an image by its ID.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Cancels between steps.</param>
    public async Task RemoveImageAsync(ImageId image, CancellationToken cancellationToken)
    {
        var references = await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false);
        if (IsSingle(references))
        {
            var conflicts = force ? RemovalConflicts.Hard : RemovalConflicts.Hard | (RemovalConflicts.Soft & ~RemovalConflicts.Reference);
            if (await FindConflictAsync(image, conflicts, cancellationToken).ConfigureAwait(false) is { } conflict)
                throw conflict.ToException();
            foreach (var reference in references)
                await UntagAsync(reference, image, cancellationToken).ConfigureAwait(false);
        }
        await DeleteAsync(image, force, isQuiet: false, cancellationToken).ConfigureAwait(false);
    }

    private async Task DeleteAsync(ImageId image, bool isForced, bool isQuiet, CancellationToken cancellationToken)
    {
        var conflicts = isForced ? RemovalConflicts.Hard : RemovalConflicts.Hard | RemovalConflicts.Soft;
        if (await FindConflictAsync(image, conflicts, cancellationToken).ConfigureAwait(false) is { } conflict)
        {
            // Who took a tag away has what he asked for; only of an image that nothing names or uses he would not learn otherwise.
            if (isQuiet && (conflict.IsUsed || !await IsDanglingAsync(image, cancellationToken).ConfigureAwait(false)))
                return;
            throw conflict.ToException();
        }
        var parent = await state.FindParentAsync(image, cancellationToken).ConfigureAwait(false);
        foreach (var reference in await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false))
            await UntagAsync(reference, image, cancellationToken).ConfigureAwait(false);

        var layers = await state.DeleteImageAsync(image, cancellationToken).ConfigureAwait(false);
        _items.Add(new RemovedItem { Deleted = image.Value });
        _items.AddRange(layers.Select(layer => new RemovedItem { Deleted = layer.ChainId.Value }));
        Layers.AddRange(layers);
        if (!keepParents && parent is { } below)
            await DeleteAsync(below, isForced: false, isQuiet: true, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<RemovalConflict?> FindConflictAsync(ImageId image, RemovalConflicts looked, CancellationToken cancellationToken)
    {
        if (looked.HasFlag(RemovalConflicts.Child) && await state.HasChildrenAsync(image, cancellationToken).ConfigureAwait(false))
            return new RemovalConflict(image, IsHard: true, IsUsed: false, "image has dependent child images");
        var users = await state.ListUsersAsync(image, cancellationToken).ConfigureAwait(false);
        if (looked.HasFlag(RemovalConflicts.RunningUser) && users.FirstOrDefault(user => user.IsRunning) is { } running)
            return new RemovalConflict(image, IsHard: true, IsUsed: true, $"image is being used by running container {Short(running)}");
        if (looked.HasFlag(RemovalConflicts.Reference) && (await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false)).Count > 0)
            return new RemovalConflict(image, IsHard: false, IsUsed: false, "image is referenced in multiple repositories");
        if (looked.HasFlag(RemovalConflicts.StoppedUser) && users.FirstOrDefault(user => !user.IsRunning) is { } stopped)
            return new RemovalConflict(image, IsHard: false, IsUsed: true, $"image is being used by stopped container {Short(stopped)}");
        return null;
    }

    private async ValueTask<bool> IsDanglingAsync(ImageId image, CancellationToken cancellationToken) =>
        (await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false)).Count == 0
        && !await state.HasChildrenAsync(image, cancellationToken).ConfigureAwait(false);

    private async Task UntagAsync(ImageReference reference, ImageId image, CancellationToken cancellationToken)
    {
        await state.RemoveReferenceAsync(reference, image, cancellationToken).ConfigureAwait(false);
        _items.Add(new RemovedItem { Untagged = reference.ToFamiliarString() });
    }

    // One tag at most, and all digests of its repository.
    private static bool IsSingle(IReadOnlyList<ImageReference> references)
    {
        if (references.Count <= 1)
            return true;
        if (references.Count(reference => reference.Digest is null) > 1)
            return false;
        var repository = (references.FirstOrDefault(reference => reference.Digest is null) ?? references[0]).Repository;
        var digests = references.Where(reference => reference.Digest is not null).Select(reference => reference.Repository).Distinct().ToList();
        return digests.Count == 1 && digests[0] == repository;
    }

    private static string Short(ImageUser user) => user.Id.Length > 12 ? user.Id[..12] : user.Id;
}
