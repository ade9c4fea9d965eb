using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Content;
using OciImages.Content.Local;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>
/// A registry: the OCI distribution specification 1.1, and of Docker's API what clients still use, over a content store and an index.
/// </summary>
/// <remarks>
/// <para>
/// A host maps it by <c>app.MapOciRegistry()</c>; tests may use it without a socket through <see cref="OciRegistryHttpHandler"/>. It keeps
/// nothing in memory that a restart would lose: an upload is an ingest of the content store, and goes on in the next process.
/// </para>
/// <para>
/// Bodies are never held in memory: an upload goes to its ingest as it arrives, and a blob from its file into the response.
/// </para>
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class OciRegistry : IAsyncDisposable
{
    /// <summary>The name of the meter that requests, bytes and uploads are counted by.</summary>
    public const string MeterName = "OciImages.RegistryServer";

    private readonly RegistryState _state;
    private readonly RegistryDispatcher _dispatcher;
    private readonly UploadSweeper? _sweeper;

    /// <summary>Makes a registry; the disk is not touched before the first request.</summary>
    /// <param name="options">What it serves, and how.</param>
    /// <param name="logger">Where it logs; null for nowhere.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or it is not said where content and index are.</exception>
    public OciRegistry(OciRegistryOptions options, ILogger<OciRegistry>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var frozen = options.Freeze();
        var content = frozen.Content
            ?? new LocalContentStore(Path.Combine(frozen.Root!, "content"), new LocalContentStoreOptions { TimeProvider = frozen.TimeProvider });
        var index = frozen.Index ?? new FileRegistryIndex(frozen.Root!, new FileRegistryIndexOptions { TimeProvider = frozen.TimeProvider });
        _state = new RegistryState(frozen, content, index, (ILogger?)logger ?? NullLogger.Instance);
        _dispatcher = new RegistryDispatcher(_state);
        if (!_state.IsReadOnly || _state.Upstream is not null)
            _sweeper = new UploadSweeper(_state);
    }

    /// <summary>Whether clients may change nothing.</summary>
    public bool IsReadOnly => _state.IsReadOnly;

    /// <summary>Answers one request, whatever happens: a failure becomes an answer with the specification's error body.</summary>
    /// <param name="context">The request; its path is <c>/v2</c> and what follows, after any prefix.</param>
    /// <returns>A task that ends with the answer.</returns>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _dispatcher.HandleAsync(context);
    }

    /// <summary>Asks whether content and index can be read.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they can.</returns>
    /// <exception cref="OciException">They cannot.</exception>
    public async Task CheckHealthAsync(CancellationToken cancellationToken = default)
    {
        await _state.Index.HasRepositoryAsync("health", cancellationToken).ConfigureAwait(false);
        await _state.Content.FindAsync(Digest.Compute([]), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Throws away uploads that have rested too long. It happens by itself while the registry lives.</summary>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>A task that ends when they are gone.</returns>
    public async Task SweepUploadsAsync(CancellationToken cancellationToken = default)
    {
        if (_state.Uploads is { } uploads)
            await uploads.SweepAsync(alsoStored: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Frees what deletions leave: takes from each repository the blobs that none of its manifests refers to, then deletes content that no
    /// repository has. Run it in the process that serves, or while nobody pushes.
    /// </summary>
    /// <param name="minAge">Only what was put or mounted at least so long ago: longer than a push takes.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>How many bytes were freed.</returns>
    /// <exception cref="InvalidOperationException">Content store or index cannot be written.</exception>
    public Task<long> CollectGarbageAsync(TimeSpan minAge, CancellationToken cancellationToken = default) =>
        new GarbageCollection(_state, _state.Options.TimeProvider.GetUtcNow() - minAge).RunAsync(cancellationToken);

    /// <summary>Closes uploads; their data is kept for the next process.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_sweeper is not null)
            await _sweeper.DisposeAsync().ConfigureAwait(false);
        if (_state.Uploads is { } uploads)
            await uploads.CloseAllAsync().ConfigureAwait(false);
    }
}
