using OciImages.TestSupport.Processes;

namespace OciImages.TestSupport.Servers;

/// <summary>
/// A real dockerd on a data root of the test's choice, apart from any other on the machine: its own socket, containerd, configuration and
/// networks of none. Needs root; loopback registries may be without TLS.
/// </summary>
public sealed class DockerDaemon : IAsyncDisposable
{
    private const int LogLinesShown = 20;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private static readonly Lazy<Task<string?>> WhyNot = new(ProbeAsync);

    private readonly TempDirectory _directory;
    private readonly ServerProcess _process;

    private DockerDaemon(TempDirectory directory, ServerProcess process, string dataRoot) =>
        (_directory, _process, DataRoot) = (directory, process, dataRoot);

    /// <summary>The data root, which stays when the daemon ends.</summary>
    public string DataRoot { get; }

    /// <summary>The socket of its API.</summary>
    public string SocketPath => _directory["docker.sock"];

    /// <summary>What it has logged so far, line by line.</summary>
    public IReadOnlyCollection<string> Log => _process.Output;

    /// <summary>Starts a daemon. Where none can run, the test is skipped (with CI=true: fails).</summary>
    /// <param name="dataRoot">The data root: made when it is missing.</param>
    /// <param name="storageDriver">The storage driver.</param>
    /// <param name="options">More options of dockerd.</param>
    /// <exception cref="InvalidOperationException">It does not start on this root, though it would on an empty one.</exception>
    public static async Task<DockerDaemon> StartAsync(string dataRoot, string storageDriver = "overlay2", params string[] options)
    {
        Peers.RequireRoot();
        Peers.Require("dockerd");
        Peers.Require("docker");
        try
        {
            return await TryStartAsync(dataRoot, storageDriver, options);
        }
        catch (InvalidOperationException)
        {
            if (await WhyNot.Value is { } reason)
                Peers.Missing($"dockerd cannot run here: {reason}");
            throw;
        }
    }

    /// <summary>Runs docker against it, which must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var result = await TryRunAsync(arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                $"docker {string.Join(' ', arguments)} exited with {result.ExitCode}: {result.Error}{result.Output}\ndockerd's log:\n{LogTail(_process)}");
    }

    /// <summary>Runs docker against it, which may fail.</summary>
    public Task<CommandResult> TryRunAsync(params string[] arguments) => TryRunAsync(_directory, arguments);

    /// <summary>Stops it as an administrator would, so that everything it has is on disk.</summary>
    /// <exception cref="TimeoutException">It did not end in 30 seconds; disposing kills it.</exception>
    public Task StopAsync() => _process.StopAsync(StopLimit);

    public async ValueTask DisposeAsync()
    {
        try
        {
            // Not killed: it has mounts to undo and a containerd to end.
            await StopAsync();
        }
        catch (TimeoutException)
        {
        }
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    private static async Task<DockerDaemon> TryStartAsync(string dataRoot, string storageDriver, string[] options)
    {
        var directory = new TempDirectory();
        try
        {
            Directory.CreateDirectory(directory["config"]);
            File.WriteAllText(directory["daemon.json"], "{}");
            var process = await ServerProcess.StartAsync(
                async () => File.Exists(directory["docker.sock"]) && (await TryRunAsync(directory, "version")).ExitCode == 0,
                "dockerd",
                [
                    "--config-file", directory["daemon.json"], "--data-root", dataRoot, "--exec-root", directory["exec"],
                    "--host", $"unix://{directory["docker.sock"]}", "--pidfile", directory["pid"], "--storage-driver", storageDriver,
                    "--iptables=false", "--ip6tables=false", "--bridge=none", "--insecure-registry", "127.0.0.0/8", .. options,
                ]);
            return new DockerDaemon(directory, process, dataRoot);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static Task<CommandResult> TryRunAsync(TempDirectory directory, params string[] arguments) => Command.TryRunAsync(
        Peers.Require("docker"), ["--config", directory["config"], "--host", $"unix://{directory["docker.sock"]}", .. arguments]);

    private static async Task<string?> ProbeAsync()
    {
        using var root = new TempDirectory();
        try
        {
            await using var daemon = await TryStartAsync(root.Path, "vfs", []);
            return null;
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    private static string LogTail(ServerProcess process) => string.Join('\n', process.Output.TakeLast(LogLinesShown));
}
