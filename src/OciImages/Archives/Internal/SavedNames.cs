using OciImages.Catalog;
using OciImages.Roots;

namespace OciImages.Archives.Internal;

/// <summary>What the names of a save stand for: images, each with the tags that it was asked for by.</summary>
internal sealed class SavedNames(ImageRoot root, IImageCatalog catalog)
{
    private readonly List<Image> _images = [];
    private readonly Dictionary<ImageId, SortedSet<string>> _tags = [];

    public async Task<IReadOnlyList<(Image Image, IReadOnlyList<ImageReference> Tags)>> ResolveAsync(
        IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (string name in names)
        {
            if (!await AddRepositoryAsync(name, cancellationToken).ConfigureAwait(false))
                await AddAsync(name, cancellationToken).ConfigureAwait(false);
        }
        return [.. _images.Select(image => (image, (IReadOnlyList<ImageReference>)[.. _tags[image.Id].Select(ImageReference.Parse)]))];
    }

    // A name without tag is every tag of its repository, unless it is no repository here: then it may be an ID.
    private async Task<bool> AddRepositoryAsync(string name, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(name, out var reference) || reference is not { Tag: null, Digest: null })
            return false;
        bool any = false;
        await foreach (var entry in root.References.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Reference.Repository != reference.Repository || entry.Reference is not { Tag: not null, Digest: null })
                continue;
            any = true;
            await AddAsync(entry.Reference.ToString(), cancellationToken).ConfigureAwait(false);
        }
        return any;
    }

    private async Task AddAsync(string name, CancellationToken cancellationToken)
    {
        var image = await catalog.FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new OciException(OciErrorKind.NotFound, $"No such image: {name}");
        if (!_tags.TryGetValue(image.Id, out var tags))
        {
            _images.Add(image);
            _tags.Add(image.Id, tags = new SortedSet<string>(StringComparer.Ordinal));
        }
        if (ImageReference.TryParse(name, out var reference) && reference is { Tag: not null, Digest: null })
            tags.Add(reference.ToString());
    }
}
