using System.Text.Json.Serialization;

namespace OciImages;

/// <summary>
/// A reference to content: what it is, its digest and its size. OCI image specification, "OCI Content Descriptors"; Docker's
/// schema 2 descriptors are the same with fewer fields.
/// </summary>
/// <remarks>
/// A descriptor is a claim by whoever wrote it; only content that hashes to <see cref="Digest"/> and is <see cref="Size"/> long is
/// what it names. Equality compares references of the list members: use <see cref="HasSameContent"/> to compare what is named.
/// </remarks>
/// <param name="MediaType">The media type of the content; may be empty where old registries leave it out.</param>
/// <param name="Digest">The digest of the content.</param>
/// <param name="Size">The size of the content in bytes; zero or more.</param>
[JsonConverter(typeof(DescriptorJsonConverter))]
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    /// <summary>The platform that an index says the manifest is for; null when it says nothing.</summary>
    public Platform? Platform { get; init; }

    /// <summary>The type of an artifact when the descriptor points at one.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>Places outside the registry where the content may be had; never to be sent credentials.</summary>
    public IReadOnlyList<string>? Urls { get; init; }

    /// <summary>Arbitrary metadata.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>The content itself, embedded, as whoever wrote the descriptor has it: see <see cref="GetEmbeddedContent"/>.</summary>
    public ReadOnlyMemory<byte>? Data { get; init; }

    /// <summary>Whether two descriptors name the same bytes: equal digest and size.</summary>
    /// <param name="other">The other descriptor.</param>
    /// <returns>Whether digest and size are equal.</returns>
    public bool HasSameContent(Descriptor? other) => other is not null && Digest == other.Digest && Size == other.Size;

    /// <summary>The embedded content, verified like fetched content.</summary>
    /// <returns>The content, or null when none is embedded.</returns>
    /// <exception cref="OciException">It has another size or digest (<see cref="OciErrorKind.Corrupt"/>).</exception>
    public ReadOnlyMemory<byte>? GetEmbeddedContent()
    {
        if (Data is not { } data)
            return null;
        if (data.Length != Size)
            throw Corrupt($"{data.Length} bytes instead of {Size}");
        var actual = OciImages.Digest.Compute(data.Span, Digest.Algorithm);
        return actual == Digest ? data : throw Corrupt($"the digest {actual} instead");
    }

    private OciException Corrupt(string what) =>
        new(OciErrorKind.Corrupt, $"The content embedded in the descriptor of {Digest} has {what}.");
}
