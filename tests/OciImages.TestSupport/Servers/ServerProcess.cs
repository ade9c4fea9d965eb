using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OciImages.TestSupport.Processes;

namespace OciImages.TestSupport.Servers;

/// <summary>A server program that ends with the test process, however that ends.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    // The kernel kills the child when the *thread* that started it ends, so one thread that never ends starts them all.
    private static readonly BlockingCollection<Action> Starts = [];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    static ServerProcess() => new Thread(() =>
    {
        foreach (var start in Starts.GetConsumingEnumerable())
            start();
    })
    { IsBackground = true, Name = nameof(ServerProcess) }.Start();

    private ServerProcess(Process process) => _process = process;

    /// <summary>What it wrote to standard output and standard error, line by line.</summary>
    public IReadOnlyCollection<string> Output => _output;

    /// <summary>Starts a program and waits until a loopback port accepts connections.</summary>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in 20 seconds.</exception>
    public static Task<ServerProcess> StartAsync(int port, string program, params string[] arguments) =>
        StartAsync(() => AcceptsAsync(port), program, arguments);

    /// <summary>Starts a program and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in 20 seconds.</exception>
    public static async Task<ServerProcess> StartAsync(Func<Task<bool>> isReady, string program, params string[] arguments)
    {
        string path = Peers.Require(program);
        var info = new ProcessStartInfo(Peers.Require("setpriv"), ["--pdeathsig", "KILL", path, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = await OnStartingThread(() => new ServerProcess(Process.Start(info)!));
        server._process.OutputDataReceived += (_, line) => server.Keep(line.Data);
        server._process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            await server.WaitUntilReadyAsync(isReady);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A loopback port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Asks the program to end (SIGTERM) and waits for it; nothing happens when it has ended.</summary>
    /// <exception cref="TimeoutException">It has not ended in that time; it goes on.</exception>
    public async Task StopAsync(TimeSpan limit)
    {
        if (_process.HasExited)
            return;
        await Command.TryRunAsync(Peers.Require("kill"), "-TERM", $"{_process.Id}");
        await _process.WaitForExitAsync().WaitAsync(limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Task<T> OnStartingThread<T>(Func<T> start)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                result.SetResult(start());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        });
        return result.Task;
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _output.Enqueue(line);
    }

    private async Task WaitUntilReadyAsync(Func<Task<bool>> isReady)
    {
        var limit = Stopwatch.StartNew();
        while (limit.Elapsed < TimeSpan.FromSeconds(20) && !_process.HasExited)
        {
            if (await isReady())
                return;
            await Task.Delay(20);
        }
        throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[2]} is not ready: {string.Join(" | ", _output.TakeLast(10))}");
    }

    private static async Task<bool> AcceptsAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
