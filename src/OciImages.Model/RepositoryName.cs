using System.Diagnostics.CodeAnalysis;
using OciImages.Internal;

namespace OciImages;

/// <summary>
/// The full name of a repository: the registry's domain and the path there, with docker.io written out. Only well-formed names
/// exist, so that whoever holds one may build a URL from it. Grammar and normalisation follow distribution/reference.
/// </summary>
/// <remarks>
/// <c>nginx</c> is <c>docker.io/library/nginx</c>. The part before the first slash is a domain if it holds a period, a colon or an
/// upper-case letter, or is <c>localhost</c>; everything else lives on docker.io. The text of a name parses to an equal name.
/// </remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed record RepositoryName : IParsable<RepositoryName>
{
    /// <summary>The domain that names without one belong to.</summary>
    public const string DefaultDomain = "docker.io";

    internal const string IdentifierFault = "invalid repository name, cannot specify 64-byte hexadecimal strings";

    private const string LegacyDefaultDomain = "index.docker.io";
    private const string OfficialPrefix = "library/";

    /// <summary>Makes a name of its two parts.</summary>
    /// <param name="domain">The domain with an optional port, such as <c>docker.io</c> or <c>127.0.0.1:5000</c>.</param>
    /// <param name="path">The path, such as <c>library/nginx</c>; at most 255 characters. On docker.io a path without a slash gets
    /// <c>library/</c> in front.</param>
    /// <exception cref="OciException">One of them is malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public RepositoryName(string domain, string path)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(path);
        (Domain, Path) = Canonical(domain, path);
        if (FindFault(Domain, Path) is { } fault)
            throw Invalid(fault, $"{domain}/{path}");
    }

    private RepositoryName((string Domain, string Path) parts) => (Domain, Path) = parts;

    /// <summary>The domain with an optional port, such as <c>docker.io</c> or <c>127.0.0.1:5000</c>.</summary>
    public string Domain { get; }

    /// <summary>The path, such as <c>library/nginx</c>; at most 255 characters.</summary>
    public string Path { get; }

    /// <summary>
    /// The name as Docker shows it: without <c>docker.io/</c>, and there without <c>library/</c>. Unlike Docker it stays whole where
    /// the short form would name something else: <c>docker.io/ghcr.io/app</c>, or an image ID.
    /// </summary>
    public string FamiliarName
    {
        get
        {
            if (Domain != DefaultDomain || ReferenceGrammar.LooksLikeDomain(Path.AsSpan(0, Path.IndexOf('/'))))
                return ToString();
            string name = Path.StartsWith(OfficialPrefix, StringComparison.Ordinal) && Path.IndexOf('/', OfficialPrefix.Length) < 0
                ? Path[OfficialPrefix.Length..]
                : Path;
            return ReferenceGrammar.IsIdentifier(name) ? ToString() : name;
        }
    }

    /// <summary>Parses a name as users write it, and normalises it.</summary>
    /// <param name="text">The name, such as <c>nginx</c> or <c>ghcr.io/owner/app</c>; without tag and digest.</param>
    /// <returns>The full name.</returns>
    /// <exception cref="OciException">The text is not a name of a repository (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static RepositoryName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Such a text is an image ID: taken for a name it would make IDs ambiguous.
        string? fault = IdentifierFault;
        return !ReferenceGrammar.IsIdentifier(text) && TryParse(text, out var name, out fault) ? name : throw Invalid(fault, text);
    }

    /// <summary>Parses a name if the text is one.</summary>
    /// <param name="text">The text; null is no name.</param>
    /// <param name="name">The full name, or null.</param>
    /// <returns>Whether the text is a name of a repository.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RepositoryName? name)
    {
        name = null;
        return text is not null && !ReferenceGrammar.IsIdentifier(text) && TryParse(text, out name, out _);
    }

    /// <summary>The full name, such as <c>docker.io/library/nginx</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Domain}/{Path}";

    static RepositoryName IParsable<RepositoryName>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<RepositoryName>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out RepositoryName result) =>
        TryParse(s, out result);

    internal static OciException Invalid(string fault, string text) =>
        new(OciErrorKind.InvalidInput, $"{fault}: {Excerpt.Of(text)}");

    internal static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out RepositoryName? name, [NotNullWhen(false)] out string? fault)
    {
        name = null;
        int slash = text.IndexOf('/');
        var parts = slash >= 0 && ReferenceGrammar.LooksLikeDomain(text[..slash])
            ? Canonical(text[..slash].ToString(), text[(slash + 1)..].ToString())
            : Canonical(DefaultDomain, text.ToString());
        fault = FindFault(parts.Domain, parts.Path);
        if (fault is not null)
            return false;
        name = new RepositoryName(parts);
        return true;
    }

    private static (string Domain, string Path) Canonical(string domain, string path)
    {
        if (domain == LegacyDefaultDomain)
            domain = DefaultDomain;
        return (domain, domain == DefaultDomain && !path.Contains('/') ? OfficialPrefix + path : path);
    }

    private static string? FindFault(string domain, string path)
    {
        const string Format = "invalid reference format";
        if (ReferenceGrammar.ContainsUpper(path))
            return $"{Format}: repository name must be lowercase";
        if (!ReferenceGrammar.IsPath(path) || !ReferenceGrammar.IsDomain(domain) || !ReferenceGrammar.LooksLikeDomain(domain))
            return Format;
        return path.Length > ReferenceGrammar.MaxPathLength
            ? $"{Format}: repository name must not be more than {ReferenceGrammar.MaxPathLength} characters"
            : null;
    }
}
