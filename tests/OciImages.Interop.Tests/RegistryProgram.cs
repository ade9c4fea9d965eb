using System.Diagnostics;
using OciImages.TestSupport.Processes;

namespace OciImages.Interop.Tests;

/// <summary><c>oci registry</c> on a free loopback port.</summary>
internal sealed class RegistryProgram : IAsyncDisposable
{
    private readonly Process _process;
    private bool _isEnded;

    private RegistryProgram(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    /// <summary>The registry's domain, such as <c>127.0.0.1:40001</c>.</summary>
    public string Authority => Url.Authority;

    public static async Task<RegistryProgram> StartAsync(string root, params string[] options)
    {
        var process = Command.Start(OciProgram.Path, ["--root", root, "registry", "--listen", "127.0.0.1:0", .. options]);
        string line = await process.StandardError.ReadLineAsync() ?? "";
        const string Start = "oci: the registry listens on ";
        if (!line.StartsWith(Start, StringComparison.Ordinal))
            throw new InvalidOperationException($"The registry did not start: {line}");
        // Nobody reads the pipes otherwise, and a full one would stop the program.
        _ = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        return new RegistryProgram(process, new Uri(line[Start.Length..].Split(',')[0]));
    }

    public async ValueTask DisposeAsync()
    {
        if (_isEnded)
            return;
        _isEnded = true;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
