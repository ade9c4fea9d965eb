using System.Diagnostics;
using System.Text;

namespace OciImages.TestSupport.Processes;

/// <summary>Runs a program to its end and keeps what it prints.</summary>
public static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Runs a program, which must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await TryRunAsync(program, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} exited with {result.ExitCode}: {result.Error}{result.Output}");
    }

    /// <summary>Runs a bash script, which must succeed; its working directory is given.</summary>
    public static Task<string> BashAsync(string directory, string script) =>
        RunAsync("bash", "-c", $"set -euo pipefail\ncd \"$0\"\n{script}", directory);

    /// <summary>Runs a program, which may fail. Bytes that are not UTF-8 come as Latin-1 would have them.</summary>
    public static async Task<CommandResult> TryRunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Limit}.");
        }
    }

    /// <summary>Starts a program with its output in pipes.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
            Environment = { ["LC_ALL"] = "C.UTF-8", ["TZ"] = "UTC" },
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }
}
