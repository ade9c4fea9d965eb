using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using OciImages.Registry.Http;

namespace OciImages.Registry.Auth;

/// <summary>Runs a credential helper once a call: bounded in time and output, ended with all its children when it exceeds either.</summary>
internal sealed class HelperProcess(string program, TimeSpan timeout, TimeProvider clock)
{
    private const int MaxWords = 300;

    /// <summary>Runs it.</summary>
    /// <param name="verb"><c>get</c>, <c>store</c>, <c>erase</c> or <c>list</c>.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="maxOutput">The most bytes that it may answer.</param>
    /// <param name="secrets">What no message may repeat.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its output; null when it says that it has no such credentials.</returns>
    /// <exception cref="OciException">It is missing, failed, or took or said too much.</exception>
    public async Task<ReadOnlyMemory<byte>?> RunAsync(
        string verb, string input, int maxOutput, IReadOnlyList<string> secrets, CancellationToken cancellationToken)
    {
        using var process = Start(verb);
        using var timer = new CancellationTokenSource(timeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            var writing = WriteAsync(process, input, limit.Token);
            // Read so that it does not block the program, and thrown away: it may hold anything.
            // Not waited for: daemons that it starts may keep it open.
            _ = DrainAsync(process.StandardError.BaseStream, limit.Token);
            var output = await ReadAsync(process.StandardOutput.BaseStream, maxOutput, limit.Token).ConfigureAwait(false)
                ?? throw Failure(OciErrorKind.InvalidInput, $"answered more than {maxOutput} bytes");
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            await writing.ConfigureAwait(false);
            return process.ExitCode == 0 ? output : Explain(output.Span, process.ExitCode, secrets);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(OciErrorKind.Unavailable, $"did not end within {timeout.TotalSeconds:0.###} s");
        }
        finally
        {
            Kill(process);
        }
    }

    private Process Start(string verb)
    {
        var info = new ProcessStartInfo(Find(program) ?? throw Failure(OciErrorKind.NotFound, "is configured, but not in PATH"))
        {
            ArgumentList = { verb },
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw Failure(OciErrorKind.Unavailable, $"cannot be started ({e.Message})", e);
        }
    }

    /// <summary>Finds a program in <c>PATH</c>; null when it is not there.</summary>
    // Not left to the operating system's own search, which on Windows begins in the working directory.
    public static string? Find(string program)
    {
        string file = OperatingSystem.IsWindows() ? $"{program}.exe" : program;
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            string path = Path.Join(folder, file);
            if (Path.IsPathFullyQualified(path) && File.Exists(path))
                return path;
        }
        return null;
    }

    private static async Task WriteAsync(Process process, string input, CancellationToken cancellationToken)
    {
        try
        {
            var stream = process.StandardInput.BaseStream;
            await using (stream.ConfigureAwait(false))
                await stream.WriteAsync(Encoding.UTF8.GetBytes(input), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It ended without reading; its status tells whether that is a failure.
        }
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream stream, int maxLength, CancellationToken cancellationToken)
    {
        var content = new MemoryStream();
        byte[] buffer = new byte[8 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (content.Length + read > maxLength)
                return null;
            content.Write(buffer, 0, read);
        }
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The call is over.
        }
    }

    // Helpers tell errors by their standard output. What looks like an answer may hold a secret and is not repeated.
    private ReadOnlyMemory<byte>? Explain(ReadOnlySpan<byte> output, int exitCode, IReadOnlyList<string> secrets)
    {
        string words = Encoding.UTF8.GetString(output[..Math.Min(output.Length, 4 * 1024)]);
        if (words.Contains("credentials not found", StringComparison.OrdinalIgnoreCase))
            return null;
        foreach (string secret in secrets.Where(secret => secret.Length > 0))
            words = words.Replace(secret, "[secret]", StringComparison.Ordinal);
        string said = words.Contains('{', StringComparison.Ordinal) ? "" : PlainText.Clean(words, MaxWords);
        throw Failure(OciErrorKind.Unavailable, $"exited with status {exitCode}{(said.Length > 0 ? $": {said.TrimEnd('.')}" : "")}");
    }

    private OciException Failure(OciErrorKind kind, string reason, Exception? cause = null) => new(kind, $"The credential helper {program} {reason}.", cause);

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended meanwhile, or is another user's: there is nothing more to do about it.
        }
    }
}
