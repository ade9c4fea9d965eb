using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OciImages.Content;
using OciImages.Content.Memory;
using OciImages.RegistryServer;

namespace OciImages.Testing;

/// <summary>
/// A registry in memory: reached without a socket by <see cref="CreateHandler"/>, or by any client on a loopback port after
/// <see cref="ListenAsync"/>. It is <see cref="OciRegistry"/>, not an imitation.
/// </summary>
/// <threadsafety>Safe to share; <see cref="ListenAsync"/> and disposing are for one caller.</threadsafety>
public sealed class TestRegistry : IAsyncDisposable
{
    private readonly MemoryContentStore _content = new();
    private readonly MemoryRegistryIndex _index = new();
    private WebApplication? _app;

    /// <summary>Makes an empty registry.</summary>
    /// <param name="configure">Changes options, such as the authorizer; content and index are set already.</param>
    public TestRegistry(Action<OciRegistryOptions>? configure = null)
    {
        var options = new OciRegistryOptions { Content = _content, Index = _index };
        configure?.Invoke(options);
        Registry = new OciRegistry(options);
    }

    /// <summary>The registry.</summary>
    public OciRegistry Registry { get; }

    /// <summary>The content that it holds.</summary>
    public IContentStore Content => _content;

    /// <summary>The names that it holds.</summary>
    public IRegistryIndex Index => _index;

    /// <summary>The domain as references name it, such as <c>127.0.0.1:40001</c>.</summary>
    /// <exception cref="InvalidOperationException"><see cref="ListenAsync"/> has not been called.</exception>
    public string Authority => _app is { } app ? new Uri(app.Urls.First()).Authority : throw new InvalidOperationException("The registry does not listen.");

    /// <summary>Makes a handler that reaches the registry without a socket, for an <see cref="HttpClient"/>.</summary>
    /// <returns>The handler; the caller disposes it.</returns>
    public HttpMessageHandler CreateHandler() => new OciRegistryHttpHandler(Registry);

    /// <summary>Listens on a free loopback port, without TLS, until it is disposed.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>A task that ends when clients can connect.</returns>
    /// <exception cref="InvalidOperationException">It listens already.</exception>
    public async Task ListenAsync(CancellationToken cancellationToken = default)
    {
        if (_app is not null)
            throw new InvalidOperationException("The registry listens already.");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseRouting();
        app.MapOciRegistry(Registry);
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        _app = app;
    }

    /// <summary>Puts an image or index with all that it refers to into a repository.</summary>
    /// <param name="image">The image.</param>
    /// <param name="repository">The repository, such as <c>library/app</c>.</param>
    /// <param name="tags">Tags that name it; those that exist are moved.</param>
    /// <returns>A task that ends when it can be pulled.</returns>
    /// <exception cref="ArgumentException">The repository's name or a tag is malformed.</exception>
    public async Task AddAsync(TestImage image, string repository, params IReadOnlyList<string> tags)
    {
        ArgumentNullException.ThrowIfNull(image);
        foreach (var child in image.Images)
            await AddAsync(child, repository).ConfigureAwait(false);
        foreach (var (digest, bytes) in image.Blobs)
        {
            await _content.WriteSmallAsync(bytes, digest, default).ConfigureAwait(false);
            await _index.AddBlobAsync(repository, digest).ConfigureAwait(false);
        }
        await _content.WriteSmallAsync(image.Manifest.Content.Bytes, image.Digest, default).ConfigureAwait(false);
        await _index.PutManifestAsync(repository, RegistryManifest.Of(image.Manifest), tags, []).ConfigureAwait(false);
    }

    /// <summary>Stops listening, and frees everything.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync().ConfigureAwait(false);
        await Registry.DisposeAsync().ConfigureAwait(false);
    }
}
