using System.Diagnostics.CodeAnalysis;

namespace OciImages.Registry.Auth;

/// <summary>A right that a token gives. Distribution's "Docker Registry v2 Bearer token specification", "Token Scope Documentation".</summary>
/// <param name="Type">What kind of thing it is about, such as <c>repository</c>; with a class in parentheses where the registry gives one.</param>
/// <param name="Name">Its name; may hold colons.</param>
/// <param name="Actions">What may be done, in the order asked for, such as <c>pull</c>.</param>
internal sealed record TokenScope(string Type, string Name, IReadOnlyList<string> Actions)
{
    private const int MaxScopes = 16;
    private const int MaxLength = 1024;

    /// <summary>The right to pull from a repository.</summary>
    public static TokenScope Pull(string repository) => new("repository", repository, ["pull"]);

    /// <summary>The right to push to a repository; Docker asks for both, and some token services give neither else.</summary>
    public static TokenScope Push(string repository) => new("repository", repository, ["pull", "push"]);

    /// <summary>The right to delete from a repository, and to look at what is deleted.</summary>
    public static TokenScope Delete(string repository) => new("repository", repository, ["pull", "delete"]);

    /// <summary>The right to list all repositories.</summary>
    public static TokenScope Catalog { get; } = new("registry", "catalog", ["*"]);

    /// <summary>
    /// Joins what a request needs with what the registry says it wants. A registry knows better how its token service names things
    /// (Artifactory maps paths, public ECR wants the scope <c>aws</c>), but gets no actions beyond those the request needs: a token for
    /// reading must not become one for writing because a registry asked.
    /// </summary>
    /// <param name="needed">What the request needs.</param>
    /// <param name="wanted">The scope of the challenge; null for none.</param>
    /// <param name="foreseen">
    /// Whether the challenge is an earlier one for another request: what it says about repositories is then left out.
    /// </param>
    /// <returns>The scopes without duplicates, the needed ones first.</returns>
    public static IReadOnlyList<string> Join(IReadOnlyList<TokenScope> needed, string? wanted, bool foreseen)
    {
        List<string> result = [.. needed.Select(scope => scope.ToString())];
        if (wanted is null || wanted.Length > MaxLength)
            return result;
        foreach (string text in wanted.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(MaxScopes))
        {
            string? scope = text;
            if (TryParse(text, out var parsed) && parsed.Type.StartsWith("repository", StringComparison.Ordinal))
                scope = foreseen ? null : parsed.Narrow(needed)?.ToString();
            if (scope is not null && !result.Contains(scope))
                result.Add(scope);
        }
        return result;
    }

    /// <summary>Parses <c>type:name:action,action</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TokenScope? scope)
    {
        int first = text.IndexOf(':');
        int last = text.LastIndexOf(':');
        scope = first <= 0 || last <= first
            ? null
            : new TokenScope(text[..first], text[(first + 1)..last], text[(last + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries));
        return scope is not null;
    }

    public override string ToString() => $"{Type}:{Name}:{string.Join(',', Actions)}";

    private TokenScope? Narrow(IReadOnlyList<TokenScope> needed)
    {
        string[] actions = [.. needed.SelectMany(scope => scope.Actions).Distinct().Where(action => Actions.Contains(action))];
        return actions.Length == 0 ? null : this with { Actions = actions };
    }
}
