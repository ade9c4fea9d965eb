using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace OciImages.RegistryServer.Internal;

/// <summary>The grammar of repository names and tags: OCI distribution specification, "Pulling manifests".</summary>
internal static class RegistryNames
{
    internal const int MaxTagLength = 128;
    internal const int MaxRepositoryLength = 255;

    private static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    internal static bool IsTag([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxTagLength } && text[0] is not ('.' or '-') && !text.AsSpan().ContainsAnyExcept(TagCharacters);

    /// <summary>Whether text is the name of a repository, of at most 255 characters.</summary>
    /// <remarks>The model's grammar wants a domain too; any will do.</remarks>
    internal static bool IsRepository([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxRepositoryLength } && RepositoryName.TryParse($"localhost/{text}", out var name) && name.Path == text;

    internal static string CheckRepository(string repository, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(repository))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(repository, name);
        return IsRepository(repository) ? repository : throw new ArgumentException("Not the name of a repository.", name);
    }

    internal static string CheckTag(string tag, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(tag))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(tag, name);
        return IsTag(tag) ? tag : throw new ArgumentException("Not a tag.", name);
    }

    internal static Digest CheckDigest(Digest digest) => digest.IsEmpty ? throw new ArgumentException("The digest is empty.", nameof(digest)) : digest;
}
