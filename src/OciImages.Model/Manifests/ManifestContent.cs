namespace OciImages.Manifests;

/// <summary>A manifest or index as the exact bytes that its digest names; they are never serialised anew.</summary>
public sealed class ManifestContent
{
    /// <summary>The most bytes that a manifest may have, as registries have it: 4 MiB.</summary>
    public const int MaxSize = 4 * 1024 * 1024;

    /// <summary>Wraps bytes.</summary>
    /// <param name="mediaType">The media type, without parameters.</param>
    /// <param name="bytes">The bytes; at most <see cref="MaxSize"/>. Not copied: the caller does not change them.</param>
    /// <param name="expected">The digest that they must have, or null for their SHA-256.</param>
    /// <exception cref="OciException">
    /// Too large (<see cref="OciErrorKind.InvalidInput"/>), or another digest (<see cref="OciErrorKind.Corrupt"/>).
    /// </exception>
    public ManifestContent(string mediaType, ReadOnlyMemory<byte> bytes, Digest? expected = null)
    {
        if (bytes.Length > MaxSize)
            throw new OciException(OciErrorKind.InvalidInput, $"A manifest of {bytes.Length} bytes is larger than the {MaxSize} bytes allowed.");
        var digest = Digest.Compute(bytes.Span, expected?.Algorithm ?? DigestAlgorithm.Sha256);
        if (expected is { } wanted && wanted != digest)
            throw new OciException(OciErrorKind.Corrupt, $"The manifest {wanted} has the digest {digest} instead.");
        Descriptor = new Descriptor(mediaType, digest, bytes.Length);
        Bytes = bytes;
    }

    /// <summary>Media type, digest and size of the bytes.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }
}
