using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OciImages;
using OciImages.Registry;

namespace Oci;

/// <summary>The options that every verb has, and what they make.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string?> _root = new("--root")
    {
        Description = "Where images are kept (default: $OCI_ROOT, else /var/lib/oci-images for root, else the user's data folder)",
        HelpName = "DIR",
        Recursive = true,
    };

    private readonly Option<string?> _driver = new("--driver")
    {
        Description = "Storage driver: overlay2, vfs or blob (default: overlay2 for root, vfs for others)",
        HelpName = "NAME",
        Recursive = true,
    };

    private readonly Option<string[]> _insecure = new("--insecure-registry")
    {
        Description = "A registry that may be spoken to without TLS; may be repeated",
        HelpName = "HOST",
        Recursive = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _mirrors = new("--registry-mirror")
    {
        Description = "A mirror of Docker Hub to ask first; may be repeated",
        HelpName = "URL",
        Recursive = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _debug = new("--debug", "-D")
    {
        Description = "Log to standard error",
        Recursive = true,
    };

    public void AddTo(RootCommand command)
    {
        command.Add(_root);
        command.Add(_driver);
        command.Add(_insecure);
        command.Add(_mirrors);
        command.Add(_debug);
    }

    /// <summary>The services for one run; the caller disposes them.</summary>
    public async Task<ServiceProvider> CreateServicesAsync(ParseResult parsed, CancellationToken cancellationToken = default)
    {
        var docker = new DockerConfigCredentialSource();
        var headers = await ReadHeadersAsync(docker, cancellationToken);
        RegistryMirror[] mirrors = [.. (parsed.GetValue(_mirrors) ?? []).Select(url => new RegistryMirror(RepositoryName.DefaultDomain, url))];
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            logging.SetMinimumLevel(parsed.GetValue(_debug) ? LogLevel.Debug : LogLevel.None);
            logging.AddSimpleConsole(console => console.SingleLine = true);
            logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        });
        services.AddSingleton(docker);
        services.AddSingleton<IRegistryCredentialSource>(CredentialChain.CreateDefault());
        services.AddOciImages(options =>
        {
            if (parsed.GetValue(_root) is { Length: > 0 } root)
                options.Root.Path = root;
            if (parsed.GetValue(_driver) is { Length: > 0 } driver)
                options.Root.Driver = driver;
            foreach (string host in parsed.GetValue(_insecure) ?? [])
                options.Registry.InsecureRegistries.Add(host);
            foreach (var mirror in mirrors)
                options.Registry.Mirrors.Add(mirror);
            foreach (string directory in CertificateDirectories())
                options.Registry.CertificateDirectories.Add(directory);
            foreach (var (name, value) in headers)
                options.Registry.Headers[name] = value;
        });
        return services.BuildServiceProvider();
    }

    /// <summary>Runs a verb against the image service.</summary>
    public async Task<int> RunAsync(ParseResult parsed, Func<ImageService, Task> run)
    {
        await using var services = await CreateServicesAsync(parsed);
        await run(services.GetRequiredService<ImageService>());
        return 0;
    }

    // Where dockerd looks, and before it, as dockerd without root does, the user's own.
    private static string[] CertificateDirectories()
    {
        const string System = "/etc/docker/certs.d";
        string? config = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
        if (string.IsNullOrEmpty(config))
            config = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        return Environment.IsPrivilegedProcess ? [System] : [Path.Combine(config, "docker", "certs.d"), System];
    }

    // Like docker, go on with a broken configuration: most verbs do not need it.
    private static async Task<IReadOnlyDictionary<string, string>> ReadHeadersAsync(DockerConfigCredentialSource docker, CancellationToken cancellationToken)
    {
        try
        {
            return await docker.ReadHeadersAsync(cancellationToken);
        }
        catch (OciException e)
        {
            Console.Error.WriteLine($"WARNING: {e.Message}");
            return new Dictionary<string, string>();
        }
    }
}
