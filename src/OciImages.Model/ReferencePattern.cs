using OciImages.Internal;

namespace OciImages;

/// <summary>
/// A pattern for references, as the filter <c>reference=…</c> of Docker's listings has it: it matches a reference when it matches the
/// whole of its familiar text (<c>nginx:latest</c>) or of its familiar name (<c>nginx</c>). Follows distribution/reference's
/// FamiliarMatch; the syntax is that of Go's path.Match.
/// </summary>
/// <remarks>
/// <c>*</c> stands for any characters but a slash, <c>?</c> for one of them, <c>[a-z]</c> and <c>[^a-z]</c> for one character of or
/// outside a range, and a backslash takes its meaning from the next character. Matching takes time in proportion to the
/// lengths of pattern and reference multiplied, whatever the pattern.
/// </remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed class ReferencePattern
{
    /// <summary>The longest pattern that is accepted; no reference that exists needs more.</summary>
    public const int MaxLength = 1024;

    private readonly string _text;
    private readonly PathPattern _pattern;

    private ReferencePattern(string text, PathPattern pattern)
    {
        _text = text;
        _pattern = pattern;
    }

    /// <summary>Parses a pattern.</summary>
    /// <param name="text">The pattern; at most <see cref="MaxLength"/> characters.</param>
    /// <returns>The pattern.</returns>
    /// <exception cref="OciException">The pattern is malformed or too long (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static ReferencePattern Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            throw new OciException(
                OciErrorKind.InvalidInput, $"A reference pattern has at most {MaxLength} characters, not {text.Length}.");
        }
        return PathPattern.TryParse(text, out var pattern)
            ? new ReferencePattern(text, pattern)
            : throw new OciException(OciErrorKind.InvalidInput, $"syntax error in pattern: {Excerpt.Of(text)}");
    }

    /// <summary>Whether the pattern matches the familiar text or the familiar name of a reference.</summary>
    /// <param name="reference">The reference.</param>
    /// <returns>Whether it matches.</returns>
    public bool IsMatch(ImageReference reference) =>
        _pattern.IsMatch(reference.ToFamiliarString()) || _pattern.IsMatch(reference.FamiliarName);

    /// <summary>The pattern as it was parsed.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _text;
}
