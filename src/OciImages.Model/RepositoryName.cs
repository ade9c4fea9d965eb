namespace OciImages;

/// <summary>The full name of a repository: the registry's domain and the path there. docker.io is written out.</summary>
/// <param name="Domain">The domain with an optional port, such as <c>docker.io</c> or <c>127.0.0.1:5000</c>.</param>
/// <param name="Path">The path, such as <c>library/nginx</c>.</param>
public sealed record RepositoryName(string Domain, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Domain}/{Path}";
}
