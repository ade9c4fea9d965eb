namespace OciImages.RegistryServer.Internal;

/// <summary>Entity tags of content: its digest in quotes. RFC 9110, sections 8.8.3 and 13.1.</summary>
internal static class EntityTags
{
    internal static string Of(Digest digest) => $"\"{digest}\"";

    /// <summary>Whether a list of tags in <c>If-None-Match</c> has this one, also marked as weak, or is <c>*</c>.</summary>
    internal static bool Matches(string header, string tag)
    {
        foreach (var range in header.AsSpan().Split(','))
        {
            var candidate = header.AsSpan()[range].Trim();
            if (candidate is "*" || candidate.SequenceEqual(tag) || (candidate.StartsWith("W/", StringComparison.Ordinal) && candidate[2..].SequenceEqual(tag)))
                return true;
        }
        return false;
    }
}
