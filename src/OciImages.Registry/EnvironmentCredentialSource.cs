using System.Text;
using OciImages.Registry.Auth;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>
/// Credentials in an environment variable that holds a whole <c>config.json</c>, as GitLab's runners and Docker's own CLI have it.
/// Only its <c>auths</c> count: a variable makes no program run.
/// </summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
public sealed class EnvironmentCredentialSource : IRegistryCredentialSource
{
    /// <summary>The variable that others use.</summary>
    public const string DefaultVariable = "DOCKER_AUTH_CONFIG";

    /// <summary>Reads a variable.</summary>
    /// <param name="variable">Its name; it is read at each question and need not be set.</param>
    public EnvironmentCredentialSource(string variable = DefaultVariable)
    {
        ArgumentException.ThrowIfNullOrEmpty(variable);
        Variable = variable;
    }

    /// <summary>The variable's name.</summary>
    public string Variable { get; }

    /// <inheritdoc/>
    /// <exception cref="OciException">The variable holds no JSON (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default)
    {
        var registry = RegistryDomain.Parse(domain);
        return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } json
            ? new(AuthDocument.Parse(Encoding.UTF8.GetBytes(json), $"the environment variable {Variable}").Find(registry))
            : default;
    }
}
