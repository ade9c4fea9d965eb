namespace OciImages;

/// <summary>
/// The identity of one layer's content: the digest of its uncompressed tar. Registries carry the digest of the compressed blob
/// instead, which is a plain <see cref="Digest"/>. OCI image specification, "Image Configuration", section "Layer DiffID".
/// </summary>
/// <param name="Value">The digest of the uncompressed tar.</param>
public readonly record struct DiffId(Digest Value)
{
    /// <summary>Whether this is <c>default</c>.</summary>
    public bool IsEmpty => Value.IsEmpty;

    /// <summary>Parses a DiffID.</summary>
    /// <param name="text">A digest.</param>
    /// <returns>The DiffID.</returns>
    /// <exception cref="OciException">The text is not a digest (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static DiffId Parse(string text) => new(Digest.Parse(text));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
