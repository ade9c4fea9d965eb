using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OciImages.RegistryServer;

namespace QuickStart;

/// <summary>A registry on a free loopback port.</summary>
internal sealed class EmbeddedRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly OciRegistry _registry;

    private EmbeddedRegistry(WebApplication app, OciRegistry registry)
    {
        _app = app;
        _registry = registry;
    }

    /// <summary>The registry's domain, as references name it.</summary>
    public string Authority => new Uri(_app.Urls.First()).Authority;

    public static async Task<EmbeddedRegistry> StartAsync(string root)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var registry = new OciRegistry(new OciRegistryOptions { Root = root });
        app.UseRouting();
        app.MapOciRegistry(registry);
        await app.StartAsync();
        return new EmbeddedRegistry(app, registry);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _registry.DisposeAsync();
    }
}
