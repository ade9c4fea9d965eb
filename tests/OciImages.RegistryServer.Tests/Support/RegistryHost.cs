using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OciImages.RegistryServer.Tests.Support;

/// <summary>A registry on a real socket, as a host has it.</summary>
internal sealed class RegistryHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RegistryHost(WebApplication app)
    {
        _app = app;
        Url = new Uri(app.Urls.Single());
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Url };
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    public OciRegistry Registry => _app.Services.GetRequiredService<OciRegistry>();

    public static async Task<RegistryHost> StartAsync(Action<OciRegistryOptions> configure, string prefix = "", Action<KestrelServerOptions>? kestrel = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(server => kestrel?.Invoke(server));
        builder.Services.AddOciRegistry(configure);
        var app = builder.Build();
        app.MapGroup(prefix).MapOciRegistry();
        app.MapOciRegistryHealth();
        await app.StartAsync();
        return new RegistryHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
