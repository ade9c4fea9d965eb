using System.Buffers;
using OciImages.Registry.Http;

namespace OciImages.Registry.Manifests;

/// <summary>What a manifest is asked for by: a tag, or a digest. OCI distribution specification, "Pulling manifests".</summary>
/// <param name="Text">The text, fit for a URL.</param>
/// <param name="Digest">The digest; null for a tag.</param>
internal readonly record struct ManifestName(string Text, Digest? Digest)
{
    private const int MaxTagLength = 128;

    private static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    /// <summary>Whether text is a tag: <c>[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}</c>.</summary>
    public static bool IsTag(string text) =>
        text.Length is > 0 and <= MaxTagLength && text[0] is not ('.' or '-') && !text.AsSpan().ContainsAnyExcept(TagCharacters);

    /// <summary>Parses a tag or a digest.</summary>
    /// <exception cref="OciException">It is neither (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static ManifestName Parse(string tagOrDigest)
    {
        ArgumentNullException.ThrowIfNull(tagOrDigest);
        if (tagOrDigest.Contains(':', StringComparison.Ordinal))
            return new ManifestName(tagOrDigest, OciImages.Digest.Parse(tagOrDigest));
        return IsTag(tagOrDigest)
            ? new ManifestName(tagOrDigest, null)
            : throw new OciException(OciErrorKind.InvalidInput, $"\"{PlainText.Clean(tagOrDigest, 150)}\" is neither a tag nor a digest.");
    }
}
