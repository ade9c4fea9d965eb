using OciImages;
using OciImages.Catalog;

namespace Oci.Commands;

/// <summary>A row of <c>oci images</c>: an image by one of its tags.</summary>
internal sealed record ImageRow(ImageSummary Image, string Repository, string? Tag, string? Digest)
{
    public static IEnumerable<ImageRow> Of(ImageSummary image, bool withDigests)
    {
        var digests = image.RepoDigests.Select(ImageReference.Parse).ToLookup(digest => digest.Repository);
        var tags = image.RepoTags.Select(ImageReference.Parse).ToList();
        foreach (var tag in tags)
        {
            // With digests, a row for each that the tag's repository has.
            var shown = withDigests ? digests[tag.Repository] : digests[tag.Repository].Take(1);
            foreach (var digest in shown.DefaultIfEmpty())
                yield return new ImageRow(image, tag.FamiliarName, tag.Tag, digest?.Digest?.ToString());
        }
        // A repository that has no tag here is shown once, or once per digest when digests are asked for.
        foreach (var repository in digests.Where(group => tags.All(tag => tag.Repository != group.Key)))
        {
            foreach (var digest in withDigests ? repository : repository.Take(1))
                yield return new ImageRow(image, digest.FamiliarName, null, digest.Digest?.ToString());
        }
        if (tags.Count == 0 && digests.Count == 0)
            yield return new ImageRow(image, "<none>", null, null);
    }
}
