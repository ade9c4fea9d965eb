using OciImages.Configs;
using OciImages.Events;
using OciImages.Roots;

namespace OciImages.Import.Internal;

/// <summary>Adds an image that was made here, with its parent and its name, or nothing of it.</summary>
internal sealed class NewImage(ImageRoot root, ImageEvents events)
{
    /// <summary>Adds an image; its layers are held by the caller.</summary>
    /// <param name="config">The config.</param>
    /// <param name="parent">The image it was made from, if any.</param>
    /// <param name="tag">The name to give it, with its tag, if any.</param>
    /// <param name="cancellationToken">Cancels before the first change.</param>
    internal async Task AddAsync(ImageConfig config, ImageId? parent, ImageReference? tag, CancellationToken cancellationToken)
    {
        using var held = await root.LockAsync(cancellationToken).ConfigureAwait(false);
        bool wasThere = await root.Images.FindAsync(config.Id, cancellationToken).ConfigureAwait(false) is not null;
        cancellationToken.ThrowIfCancellationRequested();
        // From here on whole: a cancel would leave an image that nobody has the ID of.
        await root.Images.PutAsync(config.Bytes, CancellationToken.None).ConfigureAwait(false);
        var now = root.TimeProvider.GetUtcNow();
        try
        {
            if (parent is not null && !wasThere)
                await root.Images.SetParentAsync(config.Id, parent, CancellationToken.None).ConfigureAwait(false);
            if (tag is not null)
            {
                // The name is last: once it is there, nothing can fail.
                await root.Images.SetLastUpdatedAsync(config.Id, now, CancellationToken.None).ConfigureAwait(false);
                await root.References.SetAsync(tag, config.Id, cancellationToken: CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch when (!wasThere)
        {
            await root.Images.DeleteAsync(config.Id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        if (tag is not null)
            events.Publish(new ImageEvent(ImageEventType.Tag, config.Id, tag.ToFamiliarString(), now));
    }
}
