using System.Security.Cryptography;

namespace OciImages;

/// <summary>
/// A hash algorithm that a <see cref="Digest"/> may name. All facts about an algorithm live here.
/// Follows the OCI image specification, "Descriptors", section "Registered Algorithms".
/// </summary>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public readonly record struct DigestAlgorithm
{
    private readonly string? _name;

    private DigestAlgorithm(string name) => _name = name;

    /// <summary>SHA-256: 64 hexadecimal characters; what practically every image uses.</summary>
    public static DigestAlgorithm Sha256 { get; } = new("sha256");

    /// <summary>SHA-512: 128 hexadecimal characters.</summary>
    public static DigestAlgorithm Sha512 { get; } = new("sha512");

    /// <summary>The name before the colon of a digest, lower-case; empty for <c>default</c>.</summary>
    public string Name => _name ?? "";

    /// <summary>How many hexadecimal characters a digest of this algorithm has; 0 for <c>default</c>.</summary>
    public int HexLength => HashLength * 2;

    /// <summary>How many bytes a hash of this algorithm has; 0 for <c>default</c>.</summary>
    public int HashLength => _name switch
    {
        "sha256" => SHA256.HashSizeInBytes,
        "sha512" => SHA512.HashSizeInBytes,
        _ => 0,
    };

    internal HashAlgorithmName HashName => _name switch
    {
        "sha256" => HashAlgorithmName.SHA256,
        "sha512" => HashAlgorithmName.SHA512,
        _ => throw new InvalidOperationException("The default DigestAlgorithm cannot hash."),
    };

    /// <summary>Finds the algorithm with a name.</summary>
    /// <param name="name">The name, such as <c>sha256</c>; compared case-sensitively.</param>
    /// <param name="algorithm">The algorithm, or <c>default</c> when the name is not a supported one.</param>
    /// <returns>Whether the name is a supported one.</returns>
    public static bool TryGet(ReadOnlySpan<char> name, out DigestAlgorithm algorithm)
    {
        algorithm = name switch
        {
            "sha256" => Sha256,
            "sha512" => Sha512,
            _ => default,
        };
        return algorithm != default;
    }

    /// <summary>Creates a running hash of this algorithm.</summary>
    /// <returns>A new digester; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">This is <c>default</c>.</exception>
    public Digester CreateDigester() => new(this);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
