using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OciImages;
using OciImages.DependencyInjection;
using OciImages.Registry;
using OciImages.RegistryServer;
using OciImages.Roots;

namespace Oci.Commands;

/// <summary><c>oci registry</c>: serves a registry until it is interrupted; prints to standard error where it listens.</summary>
internal static class RegistryCommand
{
    private const int DefaultPort = 5000;

    public static Command Create(GlobalOptions global)
    {
        var listen = new Option<string>("--listen")
        {
            Description = "Address to listen on: HOST:PORT, :PORT for all addresses, or unix:PATH",
            HelpName = "ADDR",
            DefaultValueFactory = _ => $"127.0.0.1:{DefaultPort}",
        };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse pushes and deletions" };
        var upstream = new Option<string?>("--upstream") { Description = "Fetch from this registry what is not here, and keep it", HelpName = "URL" };
        var layout = new Option<string?>("--layout") { Description = "Serve this OCI image layout as it is, read-only, instead of the root's registry", HelpName = "DIR" };
        var fromImages = new Option<bool>("--images") { Description = "Serve the root's images as they are, read-only, instead of its registry" };
        var sparse = new Option<bool>("--sparse") { Description = "Take manifests of which not all is here, such as an index with one platform" };
        var command = new Command("registry", "Serve a registry") { listen, readOnly, upstream, layout, fromImages, sparse };
        command.Validators.Add(parsed =>
        {
            bool isLayout = parsed.GetValue(layout) is not null;
            if ((isLayout ? 1 : 0) + (parsed.GetValue(fromImages) ? 1 : 0) + (parsed.GetValue(upstream) is null ? 0 : 1) > 1)
                parsed.AddError("Only one of --upstream, --layout and --images can be given.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = await global.CreateServicesAsync(parsed, cancellationToken);
            var images = services.GetRequiredService<IOptions<OciImagesOptions>>().Value;
            var options = new OciRegistryOptions { IsReadOnly = parsed.GetValue(readOnly), AllowSparseManifests = parsed.GetValue(sparse) };
            if (parsed.GetValue(layout) is { } folder)
                UseLayout(options, folder);
            else if (parsed.GetValue(fromImages))
                UseImages(options, services.GetRequiredService<ImageRoot>());
            else
                options.Root = Path.Combine(images.Root.Path, "oci-images", "registry");
            if (parsed.GetValue(upstream) is { } text)
            {
                var url = UpstreamRegistry.ParseUrl(text);
                if (url.Scheme == Uri.UriSchemeHttp)
                    images.Registry.InsecureRegistries.Add(url.Authority);
                options.Upstream = new UpstreamRegistry(services.GetRequiredService<IRegistryClient>(), url.Authority);
            }
            await using var registry = new OciRegistry(options, services.GetService<ILogger<OciRegistry>>());
            await ServeAsync(registry, parsed.GetRequiredValue(listen), services.GetRequiredService<ILoggerFactory>(), cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task ServeAsync(OciRegistry registry, string listen, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logging);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // the registry has limits of its own
            // For each client.
            kestrel.Limits.MaxRequestBufferSize = 256 << 10;
            kestrel.Limits.MaxResponseBufferSize = 256 << 10;
            Listen(kestrel, listen);
        });
        await using var app = builder.Build();
        app.UseRouting();
        app.MapOciRegistry(registry);
        app.MapOciRegistryHealth(registry: registry);
        await app.StartAsync(cancellationToken);
        // What the start has left behind is as much as all that serving needs.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        foreach (string url in app.Urls)
            Console.Error.WriteLine($"oci: the registry listens on {url}{(registry.IsReadOnly ? ", read-only" : "")}");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The way to end it.
        }
        await app.StopAsync(CancellationToken.None);
    }

    private static void Listen(KestrelServerOptions kestrel, string address)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            kestrel.ListenUnixSocket(address["unix:".Length..]);
            return;
        }
        int colon = address.LastIndexOf(':');
        string host = colon < 0 ? address : address[..colon];
        int port = DefaultPort;
        bool isValid = colon < 0 || (int.TryParse(address.AsSpan(colon + 1), out port) && port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort);
        if (isValid && host.Length == 0)
            kestrel.ListenAnyIP(port);
        else if (isValid && host == "localhost")
            kestrel.ListenLocalhost(port);
        else if (isValid && IPAddress.TryParse(host, out var ip))
            kestrel.Listen(ip, port);
        else
            throw new OciException(OciErrorKind.InvalidInput, $"Not an address to listen on: {address}");
    }

    private static void UseImages(OciRegistryOptions options, ImageRoot root)
    {
        options.IsReadOnly = true;
        options.Content = root.Content;
        options.Index = new ImageRegistryIndex(root);
    }

    private static void UseLayout(OciRegistryOptions options, string folder)
    {
        var content = new OciImages.Content.Local.LocalContentStore(folder);
        string name = Path.GetFileName(content.Root).ToLowerInvariant();
        options.IsReadOnly = true;
        options.Content = content;
        options.Index = new LayoutRegistryIndex(folder, content, RepositoryName.TryParse($"localhost/{name}", out _) ? name : "layout");
    }
}
