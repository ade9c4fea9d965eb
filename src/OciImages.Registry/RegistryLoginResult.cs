namespace OciImages.Registry;

/// <summary>Where a login left its secret.</summary>
/// <param name="Domain">The registry's domain, such as <c>docker.io</c>.</param>
/// <param name="HelperName">The credential helper that keeps the secret; null when it stands readable in the file.</param>
/// <param name="ConfigPath">Docker's configuration file, which names the login.</param>
public sealed record RegistryLoginResult(string Domain, string? HelperName, string ConfigPath)
{
    /// <summary>Whether whoever reads the file has the secret: a user should be warned.</summary>
    public bool IsPlainText => HelperName is null;

    /// <summary>Why the detected credential helper could not keep the secret; null when it did, or none was detected. Holds no secret.</summary>
    public string? HelperProblem { get; init; }
}
