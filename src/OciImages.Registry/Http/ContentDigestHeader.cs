namespace OciImages.Registry.Http;

/// <summary>Reads the digest that a registry gives to content.</summary>
internal static class ContentDigestHeader
{
    /// <summary>The digest in <c>Docker-Content-Digest</c>; null for none. One of an unknown algorithm is as good as none.</summary>
    public static Digest? Of(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Docker-Content-Digest", out var values) && Digest.TryParse(values.ToString(), out var digest)
            ? digest
            : null;
}
