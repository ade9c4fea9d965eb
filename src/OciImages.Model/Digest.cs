using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace OciImages;

/// <summary>
/// The name of content by its hash, such as <c>sha256:e3b0…</c>. Only well-formed digests of a supported algorithm exist:
/// whoever holds a <see cref="Digest"/> may build a path or a URL from it.
/// Follows the OCI image specification, "Descriptors", section "Digests".
/// </summary>
/// <remarks><c>default</c> is the empty digest: <see cref="IsEmpty"/> is true and it prints an empty string.</remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest : ISpanParsable<Digest>, IComparable<Digest>
{
    private const string LowerHex = "0123456789abcdef";
    private static readonly SearchValues<char> HexCharacters = SearchValues.Create(LowerHex);

    private readonly string? _text;

    private Digest(DigestAlgorithm algorithm, string text)
    {
        Algorithm = algorithm;
        _text = text;
    }

    /// <summary>The algorithm; <c>default</c> when empty.</summary>
    public DigestAlgorithm Algorithm { get; }

    /// <summary>The hash in lower-case hexadecimal, without the algorithm; empty when the digest is empty.</summary>
    public string Hex => _text is null ? "" : _text[(Algorithm.Name.Length + 1)..];

    /// <summary>Whether this is <c>default</c>.</summary>
    public bool IsEmpty => _text is null;

    /// <summary>Parses a digest.</summary>
    /// <param name="text">The algorithm, a colon, and the hash in lower-case hexadecimal of exactly the algorithm's length.</param>
    /// <returns>The digest.</returns>
    /// <exception cref="OciException">The text is not a digest (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static Digest Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    /// <inheritdoc cref="Parse(string)"/>
    public static Digest Parse(ReadOnlySpan<char> text) => TryParse(text, out var digest)
        ? digest
        : throw new OciException(OciErrorKind.InvalidInput, $"\"{Abbreviate(text)}\" is not a digest: {Complaint(text)}.");

    /// <summary>Parses a digest if the text is one.</summary>
    /// <param name="text">The text; null is not a digest.</param>
    /// <param name="digest">The digest, or <c>default</c>.</param>
    /// <returns>Whether the text is a digest.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest) => TryParse(text.AsSpan(), out digest);

    /// <inheritdoc cref="TryParse(string?, out Digest)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Digest digest)
    {
        digest = default;
        int colon = text.IndexOf(':');
        if (colon < 0 || !DigestAlgorithm.TryGet(text[..colon], out var algorithm))
            return false;
        var hex = text[(colon + 1)..];
        if (hex.Length != algorithm.HexLength || hex.ContainsAnyExcept(HexCharacters))
            return false;
        digest = new Digest(algorithm, text.ToString());
        return true;
    }

    /// <summary>Hashes bytes with SHA-256.</summary>
    /// <param name="data">The bytes.</param>
    /// <returns>Their digest.</returns>
    public static Digest Compute(ReadOnlySpan<byte> data) => Compute(data, DigestAlgorithm.Sha256);

    /// <summary>Hashes bytes.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <returns>Their digest.</returns>
    public static Digest Compute(ReadOnlySpan<byte> data, DigestAlgorithm algorithm) =>
        FromHash(algorithm, CryptographicOperations.HashData(algorithm.HashName, data));

    /// <summary>Hashes a stream from its position to its end, without keeping it.</summary>
    /// <param name="content">The stream; it is left open at its end.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The digest of what was read.</returns>
    public static async ValueTask<Digest> ComputeAsync(Stream content, DigestAlgorithm algorithm, CancellationToken cancellationToken = default) =>
        FromHash(algorithm, await CryptographicOperations.HashDataAsync(algorithm.HashName, content, cancellationToken).ConfigureAwait(false));

    /// <summary>Makes the digest of a hash that was computed elsewhere.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="hash">The hash; exactly <see cref="DigestAlgorithm.HashLength"/> bytes.</param>
    /// <returns>The digest.</returns>
    /// <exception cref="ArgumentException">The hash has another length than the algorithm's.</exception>
    public static Digest FromHash(DigestAlgorithm algorithm, ReadOnlySpan<byte> hash)
    {
        if (hash.Length == 0 || hash.Length != algorithm.HashLength)
            throw new ArgumentException($"A {algorithm} hash has {algorithm.HashLength} bytes, not {hash.Length}.", nameof(hash));
        return new Digest(algorithm, $"{algorithm.Name}:{Convert.ToHexStringLower(hash)}");
    }

    /// <summary>Compares as text, byte by byte.</summary>
    /// <param name="other">The other digest.</param>
    /// <returns>Less than, equal to or greater than zero.</returns>
    public int CompareTo(Digest other) => string.CompareOrdinal(_text, other._text);

    /// <summary>The digest as text, or an empty string when empty.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _text ?? "";

    /// <summary>Whether one digest sorts before another.</summary>
    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    /// <summary>Whether one digest sorts after another.</summary>
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    /// <summary>Whether one digest sorts before another or equals it.</summary>
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one digest sorts after another or equals it.</summary>
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    static Digest IParsable<Digest>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<Digest>.TryParse(string? s, IFormatProvider? provider, out Digest result) => TryParse(s, out result);

    static Digest ISpanParsable<Digest>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool ISpanParsable<Digest>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Digest result) => TryParse(s, out result);

    private static string Complaint(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        if (colon < 0)
            return "it has no colon";
        if (!DigestAlgorithm.TryGet(text[..colon], out var algorithm))
            return "its algorithm is not supported (sha256 and sha512 are)";
        return $"after \"{algorithm.Name}:\" must come {algorithm.HexLength} characters of {LowerHex}";
    }

    // An attacker chooses the text: neither a megabyte nor control characters belong into a message.
    private static string Abbreviate(ReadOnlySpan<char> text)
    {
        string shown = text.Length <= 160 ? text.ToString() : $"{text[..160]}…";
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
    }
}
