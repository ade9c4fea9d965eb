using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Registry.Auth;
using OciImages.Registry.Http;
using OciImages.Registry.Lists;

namespace OciImages.Registry;

/// <summary>
/// A client for registries that speak the Docker Registry HTTP API V2 or the OCI distribution specification: authentication, retry,
/// redirects and resumed downloads are its business, not its caller's.
/// </summary>
/// <remarks>
/// Make one and keep it: it holds the connections, the tokens and what it learned about each registry. It never sends credentials to
/// another host than the registry they are for and that registry's token service, and speaks plain HTTP only to loopback hosts and those
/// that <see cref="RegistryClientOptions.InsecureRegistries"/> names.
/// </remarks>
/// <threadsafety>Safe for use by many threads at once.</threadsafety>
/// <example>
/// <code>
/// using var client = new RegistryClient();
/// var repository = client.GetRepository(new RepositoryName("docker.io", "library/alpine"));
/// ManifestContent manifest = await repository.Manifests.GetAsync("latest");
/// </code>
/// </example>
public sealed class RegistryClient : IRegistryClient, IDisposable
{
    private readonly RegistryHttp _http;

    /// <summary>Makes a client with connections of its own.</summary>
    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <param name="loggerFactory">Where it logs; null for nowhere.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RegistryClient(RegistryClientOptions? options = null, ILoggerFactory? loggerFactory = null)
    {
        var frozen = (options ?? new RegistryClientOptions()).Freeze();
        var logger = LoggerOf(loggerFactory);
        _http = RegistryHttp.Create(new HostHandler(frozen, new Connector(frozen), logger), disposeHandler: true, frozen, logger);
    }

    /// <summary>
    /// Makes a client that sends through the host's own handler. What the client does about certificates, and about names that resolve to
    /// private addresses, is then the handler's business; the system's proxies, certificate directories and insecure registries need none.
    /// </summary>
    /// <param name="handler">
    /// The handler. It must neither follow redirects (<c>AllowAutoRedirect=false</c>: credentials would travel along), nor decompress
    /// (<c>AutomaticDecompression=None</c>: digests would not match), nor keep cookies, nor limit the time of a whole request.
    /// </param>
    /// <param name="options">How the client behaves; null for the defaults.</param>
    /// <param name="loggerFactory">Where it logs; null for nowhere.</param>
    /// <param name="disposeHandler">Whether disposing the client disposes the handler.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RegistryClient(
        HttpMessageHandler handler, RegistryClientOptions? options = null, ILoggerFactory? loggerFactory = null, bool disposeHandler = false)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _http = RegistryHttp.Create(handler, disposeHandler, (options ?? new RegistryClientOptions()).Freeze(), LoggerOf(loggerFactory));
    }

    /// <summary>Makes a client whose connections a test watches.</summary>
    internal RegistryClient(RegistryClientOptions options, ILoggerFactory? loggerFactory, Func<RegistryClientOptions, Connector> connector)
    {
        var frozen = options.Freeze();
        var logger = LoggerOf(loggerFactory);
        _http = RegistryHttp.Create(new HostHandler(frozen, connector(frozen), logger), disposeHandler: true, frozen, logger);
    }

    /// <inheritdoc/>
    /// <exception cref="OciException">The name cannot be put into a URL (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public IRepository GetRepository(RepositoryName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new Repository(_http, name);
    }

    /// <inheritdoc/>
    /// <exception cref="OciException">The domain is malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public Task PingAsync(string domain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var request = new RegistryRequest(HttpMethod.Get, RegistryDomain.Parse(domain), "/v2/") { Action = "reach the registry API of" };
        return _http.AskAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="OciException">The domain is malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public async IAsyncEnumerable<RepositoryName> ListRepositoriesAsync(
        string domain, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var registry = RegistryDomain.Parse(domain);
        var request = new RegistryRequest(HttpMethod.Get, registry, "/v2/_catalog")
        {
            Action = "list the repositories of",
            Accept = "application/json",
            Scopes = [TokenScope.Catalog],
        };
        await foreach (string path in new PagedList(_http, request, "repositories", "repositories").ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (RepositoryName.TryParse($"{registry.Name}/{path}", out var name) && name.Path == path)
                yield return name;
            else
                RegistryLog.BadRepository(_http.Logger, registry.Name, PlainText.Clean(path, 300));
        }
    }

    /// <summary>Closes the connections; requests that are under way fail.</summary>
    public void Dispose() => _http.Dispose();

    private static ILogger LoggerOf(ILoggerFactory? factory) =>
        (ILogger?)factory?.CreateLogger<RegistryClient>() ?? NullLogger.Instance;
}
