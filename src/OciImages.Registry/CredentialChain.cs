namespace OciImages.Registry;

/// <summary>Asks several sources in order; the first credential counts.</summary>
/// <remarks>
/// A broken source does not hide those after it: its failure is told only when none of them has a credential either.
/// </remarks>
/// <threadsafety>Immutable; safe to share if its sources are.</threadsafety>
public sealed class CredentialChain : IRegistryCredentialSource
{
    private readonly IRegistryCredentialSource[] _sources;

    /// <summary>Makes a chain.</summary>
    /// <param name="sources">The sources, the most important first.</param>
    public CredentialChain(params IEnumerable<IRegistryCredentialSource> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _sources = [.. sources];
    }

    /// <summary>
    /// The places where other tools leave credentials: the variable <c>DOCKER_AUTH_CONFIG</c> (of the three the nearest to this one run,
    /// and what Docker's CLI asks first), Docker's <c>config.json</c> with its helpers, containers' <c>auth.json</c>.
    /// </summary>
    /// <returns>The chain.</returns>
    public static CredentialChain CreateDefault() =>
        new(new EnvironmentCredentialSource(), new DockerConfigCredentialSource(), new ContainersAuthCredentialSource());

    /// <inheritdoc/>
    /// <exception cref="OciException">No source has a credential, and this is the first failure among them.</exception>
    public async ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        foreach (var source in _sources)
        {
            try
            {
                if (await source.FindAsync(domain, repository, cancellationToken).ConfigureAwait(false) is { } credential)
                    return credential;
            }
            catch (OciException e)
            {
                failure ??= System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        }
        failure?.Throw();
        return null;
    }
}
