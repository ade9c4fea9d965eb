using OciImages.Content.Local;
using OciImages.Images;

namespace OciImages.Roots.Internal;

/// <summary>
/// Keeps the content store's <c>index.json</c> in step with the tags, so that skopeo and umoci find images there by their full names. An image without a
/// manifest here, as a build leaves it, is not in it.
/// </summary>
internal sealed class LayoutTags(LocalContentStore content, IImageOriginStore origins)
{
    private const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>Notes what a tag names now: what the image came by last.</summary>
    public async ValueTask SetAsync(ImageReference tag, ImageId image, CancellationToken cancellationToken)
    {
        var known = await origins.ReadAsync(image, cancellationToken).ConfigureAwait(false);
        var newest = known.LastOrDefault(origin => origin.Reference == tag) ?? (known is [.., var last] ? last : null);
        await ReplaceAsync(tag, newest?.Root, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists what the index has under the full name of a tag.</summary>
    public async ValueTask<IReadOnlyList<(ImageReference Tag, Descriptor Target)>> ListAsync(CancellationToken cancellationToken)
    {
        var tags = new List<(ImageReference, Descriptor)>();
        foreach (var entry in await content.ReadIndexAsync(cancellationToken).ConfigureAwait(false))
        {
            // Other tools write tags without repository, and these are theirs.
            if (entry.Annotations is { } annotations && annotations.TryGetValue(RefName, out string? name)
                && ImageReference.TryParse(name, out var tag) && tag is { Tag: not null, Digest: null } && tag.ToString() == name)
                tags.Add((tag, entry));
        }
        return tags;
    }

    /// <summary>Forgets a tag.</summary>
    public ValueTask RemoveAsync(ImageReference tag, CancellationToken cancellationToken) => ReplaceAsync(tag, null, cancellationToken);

    private ValueTask ReplaceAsync(ImageReference tag, Descriptor? target, CancellationToken cancellationToken)
    {
        if (tag.Digest is not null)
            return default;
        string name = tag.ToString();
        return content.UpdateIndexAsync(Change, cancellationToken);

        ValueTask<IReadOnlyList<Descriptor>> Change(IReadOnlyList<Descriptor> entries, CancellationToken token)
        {
            var old = entries.Where(entry => Names(entry, name)).ToList();
            if (target is null ? old.Count == 0 : old is [var only] && only.Digest == target.Digest)
                return new(entries);
            var others = entries.Where(entry => !Names(entry, name));
            return new([.. target is null ? others : others.Append(WithName(target, name))]);
        }
    }

    private static bool Names(Descriptor entry, string name) =>
        entry.Annotations is { } annotations && annotations.TryGetValue(RefName, out string? value) && value == name;

    private static Descriptor WithName(Descriptor target, string name) => target with { Annotations = new Dictionary<string, string> { [RefName] = name } };
}
