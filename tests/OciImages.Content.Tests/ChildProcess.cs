using System.Diagnostics;

namespace OciImages.Content.Tests;

/// <summary>A program that a test talks to by lines; killed at the end if it still runs.</summary>
public sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static ChildProcess Start(string program, params string[] arguments) =>
        new(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!);

    /// <summary>Starts this test project's own other process: see its Program.cs.</summary>
    public static ChildProcess StartHost(params string[] arguments) => StartHostUnder([], arguments);

    /// <summary>The same under another program, such as strace.</summary>
    public static ChildProcess StartHostUnder(string[] under, params string[] arguments)
    {
        string host = Path.Combine(AppContext.BaseDirectory, "OciImages.Content.TestHost.dll");
        string[] line = [.. under, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", host, .. arguments];
        return Start(line[0], line[1..]);
    }

    public static ChildProcess StartTestHost(string root, string ingestId, long bytes, params string[] under) =>
        StartHostUnder(under, root, ingestId, $"{bytes}");

    public async Task<string?> SayAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        return await ReadLineAsync();
    }

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync();

    public Task<string> ReadToEndAsync() => _process.StandardOutput.ReadToEndAsync();

    /// <summary>Ends its input and waits for its end.</summary>
    public async Task<int> WaitAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Kills it with SIGKILL, as the kernel's memory killer does.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
