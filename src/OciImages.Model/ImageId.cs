namespace OciImages;

/// <summary>The identity of an image: the digest of the exact bytes of its config, as Docker's image store has it.</summary>
/// <param name="Value">The digest of the config's bytes.</param>
public readonly record struct ImageId(Digest Value)
{
    /// <summary>Whether this is <c>default</c>.</summary>
    public bool IsEmpty => Value.IsEmpty;

    /// <summary>The first 12 hexadecimal characters, as listings show them.</summary>
    public string Short => Value.IsEmpty ? "" : Value.Hex[..12];

    /// <summary>Parses an image ID.</summary>
    /// <param name="text">A digest.</param>
    /// <returns>The image ID.</returns>
    /// <exception cref="OciException">The text is not a digest (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static ImageId Parse(string text) => new(Digest.Parse(text));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
