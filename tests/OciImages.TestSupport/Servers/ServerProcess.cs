using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

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
    public static async Task<ServerProcess> StartAsync(int port, string program, params string[] arguments)
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
            await server.WaitUntilReadyAsync(port);
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

    private async Task WaitUntilReadyAsync(int port)
    {
        var limit = Stopwatch.StartNew();
        while (limit.Elapsed < TimeSpan.FromSeconds(20) && !_process.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }
        throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[2]} is not ready on port {port}: {string.Join(" | ", _output.TakeLast(10))}");
    }
}
