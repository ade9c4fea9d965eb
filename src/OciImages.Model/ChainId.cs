using System.Text;

namespace OciImages;

/// <summary>
/// The identity of a layer together with everything below it. The lowest layer's ChainID is its DiffID; each further one is the
/// SHA-256 of the ChainID below, a space, and the layer's DiffID, all as text.
/// OCI image specification, "Image Configuration", section "Layer ChainID".
/// </summary>
/// <param name="Value">The digest that names the chain.</param>
public readonly record struct ChainId(Digest Value)
{
    /// <summary>Whether this is <c>default</c>, the chain of no layers.</summary>
    public bool IsEmpty => Value.IsEmpty;

    /// <summary>Parses a ChainID.</summary>
    /// <param name="text">A digest.</param>
    /// <returns>The ChainID.</returns>
    /// <exception cref="OciException">The text is not a digest (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static ChainId Parse(string text) => new(Digest.Parse(text));

    /// <summary>The ChainID of a stack of layers.</summary>
    /// <param name="layers">The DiffIDs, lowest first; empty gives <c>default</c>.</param>
    /// <returns>The ChainID of the topmost layer.</returns>
    public static ChainId Of(ReadOnlySpan<DiffId> layers)
    {
        ChainId chain = default;
        foreach (var layer in layers)
            chain = chain.Append(layer);
        return chain;
    }

    /// <summary>The ChainID of one more layer on top of this chain.</summary>
    /// <param name="next">The layer's DiffID.</param>
    /// <returns>The new topmost layer's ChainID.</returns>
    public ChainId Append(DiffId next) => IsEmpty
        ? new ChainId(next.Value)
        : new ChainId(Digest.Compute(Encoding.ASCII.GetBytes($"{Value} {next.Value}")));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
