using OciImages;
using OciImages.Catalog;

namespace Oci.Commands;

/// <summary>A row of <c>oci images</c>: an image by one of its tags.</summary>
internal sealed record ImageRow(ImageSummary Image, string Repository, string? Tag, string? Digest)
{
    public static IEnumerable<ImageRow> Of(ImageSummary image, bool withDigests)
    {
        var digests = image.RepoDigests.Select(ImageReference.Parse).ToList();
        foreach (var tag in image.RepoTags.Select(ImageReference.Parse))
        {
            string? digest = digests.FirstOrDefault(candidate => candidate.Repository == tag.Repository)?.Digest?.ToString();
            yield return new ImageRow(image, tag.FamiliarName, tag.Tag, digest);
        }
        if (image.RepoTags.Count > 0)
            yield break;
        if (digests.Count == 0)
            yield return new ImageRow(image, "<none>", null, null);
        // Without tags Docker shows the repository once, or once per digest when digests are asked for.
        foreach (var digest in withDigests ? digests : [.. digests.Take(1)])
            yield return new ImageRow(image, digest.FamiliarName, null, digest.Digest?.ToString());
    }

    public bool Matches(string filter)
    {
        if (!ImageReference.TryParse(filter, out var wanted) || wanted.FamiliarName != Repository)
            return false;
        return (wanted.Tag is null || wanted.Tag == Tag) && (wanted.Digest is null || wanted.Digest.ToString() == Digest);
    }
}
