using OciImages.Registry.Auth;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>
/// Credentials as <c>docker login</c> leaves them in Docker's <c>config.json</c>: of the helper program that <c>credHelpers</c> names for
/// the registry, else of <c>credsStore</c>, else of <c>auths</c>. The file is read anew at each question, so that a login while the
/// program runs counts.
/// </summary>
/// <remarks>A helper that has nothing, or fails, does not hide an entry of <c>auths</c> (for Docker it does).</remarks>
/// <threadsafety>Safe for use by many threads.</threadsafety>
public sealed class DockerConfigCredentialSource : IRegistryCredentialSource
{
    private readonly Func<string, CredentialHelper> _helpers;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; null for <c>$DOCKER_CONFIG/config.json</c>, or else <c>~/.docker/config.json</c>. It need not exist.</param>
    public DockerConfigCredentialSource(string? path = null)
        : this(path, static name => new CredentialHelper(name))
    {
    }

    internal DockerConfigCredentialSource(string? path, Func<string, CredentialHelper> helpers)
    {
        Path = path ?? DefaultPath();
        _helpers = helpers;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <exception cref="OciException">
    /// The file is not what Docker writes (<see cref="OciErrorKind.InvalidInput"/>), or its helper program failed. The message holds
    /// nothing of the file's content but registry names.
    /// </exception>
    /// <exception cref="StorageException">The file is there but cannot be read.</exception>
    public async ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default)
    {
        var registry = RegistryDomain.Parse(domain);
        if (await ReadAsync(cancellationToken).ConfigureAwait(false) is not { } document)
            return null;
        var entry = document.Find(registry);
        try
        {
            return document.HelperFor(registry) is { } helper
                ? await _helpers(helper).FindAsync(domain, repository, cancellationToken).ConfigureAwait(false) ?? entry
                : entry;
        }
        catch (OciException) when (entry is not null)
        {
            return entry;
        }
    }

    /// <summary>
    /// Reads from the member <c>HttpHeaders</c> those that Docker passes on to registries, which begin with <c>X-Meta-</c>, for
    /// <see cref="RegistryClientOptions.Headers"/>. The others are for its daemon; they and the values of these may be secrets.
    /// </summary>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>Values by name; empty when there are none, or no file.</returns>
    /// <exception cref="OciException">The file is not what Docker writes (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    /// <exception cref="StorageException">The file is there but cannot be read.</exception>
    public async ValueTask<IReadOnlyDictionary<string, string>> ReadHeadersAsync(CancellationToken cancellationToken = default) =>
        (await ReadAsync(cancellationToken).ConfigureAwait(false))?.Headers
            .Where(header => header.Key.StartsWith("X-Meta-", StringComparison.OrdinalIgnoreCase) && ExtraHeaders.Allows(header.Key, header.Value)).ToDictionary()
        ?? [];

    internal async Task<AuthDocument?> ReadAsync(CancellationToken cancellationToken) =>
        await CredentialFile.ReadAsync(Path, cancellationToken).ConfigureAwait(false) is { Length: > 0 } json
            ? AuthDocument.Parse(json, $"the Docker configuration {Path}")
            : null;

    private static string DefaultPath()
    {
        string? folder = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
        if (string.IsNullOrEmpty(folder))
            folder = System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");
        return System.IO.Path.Combine(folder, "config.json");
    }
}
