using System.Security.Cryptography;

namespace OciImages;

/// <summary>A running hash: bytes are appended as they pass, and the digest of all so far can be asked for at any time.</summary>
/// <threadsafety>Not thread-safe.</threadsafety>
public sealed class Digester : IDisposable
{
    private readonly IncrementalHash _hash;

    internal Digester(DigestAlgorithm algorithm)
    {
        Algorithm = algorithm;
        _hash = IncrementalHash.CreateHash(algorithm.HashName);
    }

    /// <summary>The algorithm that this digester runs.</summary>
    public DigestAlgorithm Algorithm { get; }

    /// <summary>How many bytes were appended.</summary>
    public long Length { get; private set; }

    /// <summary>Appends bytes.</summary>
    /// <param name="data">The bytes; may be empty.</param>
    public void Append(ReadOnlySpan<byte> data)
    {
        _hash.AppendData(data);
        Length += data.Length;
    }

    /// <summary>The digest of all bytes appended so far; more may be appended afterwards.</summary>
    /// <returns>The digest.</returns>
    public Digest GetDigest()
    {
        Span<byte> hash = stackalloc byte[Algorithm.HashLength];
        _hash.GetCurrentHash(hash);
        return Digest.FromHash(Algorithm, hash);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
