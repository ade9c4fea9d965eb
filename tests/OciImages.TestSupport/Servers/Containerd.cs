using OciImages.TestSupport.Processes;

namespace OciImages.TestSupport.Servers;

/// <summary>A real containerd with everything of its own in a temporary directory, and its client <c>ctr</c>. Needs root.</summary>
public sealed class Containerd : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly TempDirectory _directory;
    private readonly ServerProcess _process;

    private Containerd(TempDirectory directory, ServerProcess process) => (_directory, _process) = (directory, process);

    /// <summary>Starts it. Where it cannot run, the test is skipped (with CI=true: fails).</summary>
    public static async Task<Containerd> StartAsync()
    {
        Peers.RequireRoot();
        Peers.Require("containerd");
        Peers.Require("ctr");
        var directory = new TempDirectory();
        try
        {
            File.WriteAllText(directory["config.toml"], $"""
                version = 2
                root = "{directory["root"]}"
                state = "{directory["state"]}"
                disabled_plugins = ["io.containerd.grpc.v1.cri"]
                [grpc]
                address = "{directory["sock"]}"
                """);
            var process = await ServerProcess.StartAsync(
                async () => File.Exists(directory["sock"]) && (await TryRunAsync(directory, "version")).ExitCode == 0,
                "containerd", "--config", directory["config.toml"]);
            return new Containerd(directory, process);
        }
        catch (InvalidOperationException e)
        {
            directory.Dispose();
            Peers.Missing($"containerd cannot run here: {e.Message}");
            throw;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Runs ctr against it, which must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var result = await TryRunAsync(_directory, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                $"ctr {string.Join(' ', arguments)} exited with {result.ExitCode}: {result.Error}{result.Output}\n{string.Join('\n', _process.Output.TakeLast(20))}");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _process.StopAsync(StopLimit);
        }
        catch (TimeoutException)
        {
        }
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    private static Task<CommandResult> TryRunAsync(TempDirectory directory, params string[] arguments) =>
        Command.TryRunAsync(Peers.Require("ctr"), ["--address", directory["sock"], "--namespace", "test", .. arguments]);
}
