using System.Diagnostics.CodeAnalysis;
using OciImages.Internal;

namespace OciImages;

/// <summary>
/// A reference to an image: repository, and a tag, a digest, both or neither. Grammar and normalisation follow
/// distribution/reference, as the docker CLI and the daemon use it.
/// </summary>
/// <remarks>
/// With a digest the tag is only a note for people: the digest decides. Two references are equal when all three parts are. The text
/// of a reference, full or familiar, parses to an equal reference.
/// </remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed record ImageReference : IParsable<ImageReference>
{
    /// <summary>The tag that Docker adds to a reference that has neither tag nor digest.</summary>
    public const string DefaultTag = "latest";

    /// <summary>
    /// Sorts the references that say most first: tag and digest, tag, digest, neither; then by their text, byte by byte.
    /// </summary>
    public static IComparer<ImageReference> MostSpecificFirst { get; } = Comparer<ImageReference>.Create(static (left, right) =>
    {
        int byRank = left.Rank.CompareTo(right.Rank);
        return byRank != 0 ? byRank : string.CompareOrdinal(left.ToString(), right.ToString());
    });

    /// <summary>The repository.</summary>
    public required RepositoryName Repository { get; init; }

    /// <summary>
    /// The tag, if there is one: 1 to 128 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>, not beginning with the last two.
    /// </summary>
    /// <exception cref="OciException">The value is not a tag (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public string? Tag
    {
        get;
        init => field = value is null || ReferenceGrammar.IsTag(value)
            ? value
            : throw new OciException(OciErrorKind.InvalidInput, $"invalid tag format: {Excerpt.Of(value)}");
    }

    /// <summary>The digest, if there is one; never the empty digest.</summary>
    /// <exception cref="ArgumentException">The value is the empty digest.</exception>
    public Digest? Digest
    {
        get;
        init => field = value is { IsEmpty: true } ? throw new ArgumentException("The digest is empty.", nameof(value)) : value;
    }

    /// <summary>The repository as Docker shows it, such as <c>nginx</c> or <c>127.0.0.1:5000/img</c>.</summary>
    public string FamiliarName => Repository.FamiliarName;

    private int Rank => (Tag, Digest) switch
    {
        (not null, not null) => 1,
        (not null, null) => 2,
        (null, not null) => 3,
        _ => 4,
    };

    /// <summary>Parses a reference as users write it, and normalises its name. No tag is added.</summary>
    /// <param name="text">The reference, such as <c>nginx</c>, <c>ghcr.io/owner/app:1.2</c> or <c>nginx@sha256:…</c>.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="OciException">The text is not a reference (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static ImageReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var reference, out string? fault) ? reference : throw RepositoryName.Invalid(fault, text);
    }

    /// <summary>Parses a reference if the text is one.</summary>
    /// <param name="text">The text; null is no reference.</param>
    /// <param name="reference">The reference, or null.</param>
    /// <returns>Whether the text is a reference.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        return text is not null && TryParse(text, out reference, out _);
    }

    /// <summary>Whether a text can be a <see cref="Tag"/>.</summary>
    /// <param name="text">The text; null is no tag.</param>
    /// <returns>Whether it is one.</returns>
    public static bool IsTag([NotNullWhen(true)] string? text) => ReferenceGrammar.IsTag(text);

    /// <summary>The reference with the tag <c>latest</c> if it has neither tag nor digest; else itself.</summary>
    /// <returns>A reference with a tag or a digest.</returns>
    public ImageReference WithDefaultTag() => Tag is null && Digest is null ? this with { Tag = DefaultTag } : this;

    /// <summary>The reference with another tag and the same digest, if it has one.</summary>
    /// <param name="tag">The tag.</param>
    /// <returns>The new reference.</returns>
    /// <exception cref="OciException">The text is not a tag (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public ImageReference WithTag(string tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return this with { Tag = tag };
    }

    /// <summary>The reference with another digest and the same tag, if it has one.</summary>
    /// <param name="digest">The digest; not the empty one.</param>
    /// <returns>The new reference.</returns>
    public ImageReference WithDigest(Digest digest) => this with { Digest = digest };

    /// <summary>The reference as Docker shows it, such as <c>nginx:latest</c> or <c>nginx@sha256:…</c>.</summary>
    /// <returns>The text.</returns>
    public string ToFamiliarString() => FamiliarName + Suffix();

    /// <summary>The full reference, such as <c>docker.io/library/nginx:latest</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Repository + Suffix();

    static ImageReference IParsable<ImageReference>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<ImageReference>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out ImageReference result) =>
        TryParse(s, out result);

    private static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? fault)
    {
        reference = null;
        int at = text.IndexOf('@');
        var name = at < 0 ? text : text[..at];
        string? tag = null;
        // A colon after the last slash starts the tag; one before it, a port.
        int colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf('/'))
        {
            tag = name[(colon + 1)..].ToString();
            name = name[..colon];
        }
        Digest? digest = null;
        if (ReferenceGrammar.IsIdentifier(text))
            fault = RepositoryName.IdentifierFault;
        else if (!RepositoryName.TryParse(name, out var repository, out fault))
            return false;
        else if (tag is not null && !ReferenceGrammar.IsTag(tag))
            fault = "invalid reference format";
        else if (at >= 0 && !TryParseDigest(text[(at + 1)..], out digest))
            fault = "invalid reference format: its digest is malformed or of an unsupported algorithm";
        else
            reference = new ImageReference { Repository = repository, Tag = tag, Digest = digest };
        return reference is not null;
    }

    private static bool TryParseDigest(ReadOnlySpan<char> text, out Digest? digest)
    {
        bool valid = OciImages.Digest.TryParse(text, out var parsed);
        digest = valid ? parsed : null;
        return valid;
    }

    private string Suffix() => (Tag, Digest) switch
    {
        (null, null) => "",
        (_, null) => $":{Tag}",
        (null, _) => $"@{Digest}",
        _ => $":{Tag}@{Digest}",
    };
}
