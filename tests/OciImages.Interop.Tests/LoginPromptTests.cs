using System.Diagnostics;
using System.Text;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary><c>oci login</c> on a terminal.</summary>
public sealed class LoginPromptTests : IDisposable
{
    private const string User = "user", Password = "pass-word";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Login_OnATerminal_AsksAndNeverShowsThePassword()
    {
        Peers.Require("htpasswd");
        await using var registry = await DockerRegistry.StartAsync(new() { Basic = (User, Password) });
        using var terminal = StartOnTerminal("login", registry.Authority);
        var shown = new StringBuilder();

        await ReadUntilAsync("Username: ");
        await TypeAsync($"{User}\r");
        await ReadUntilAsync("Password: ");
        // One wrong letter, taken back.
        await TypeAsync($"{Password}x\u007f\r");
        await ReadUntilAsync("Login Succeeded");
        await terminal.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, terminal.ExitCode);
        Assert.Contains(User, shown.ToString(), StringComparison.Ordinal);
        // Not even a part of it.
        Assert.DoesNotContain("pass-", shown.ToString(), StringComparison.Ordinal);
        string auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        Assert.Contains(auth, await File.ReadAllTextAsync(_directory["config/config.json"]), StringComparison.Ordinal);

        async Task TypeAsync(string keys)
        {
            await terminal.StandardInput.WriteAsync(keys);
            await terminal.StandardInput.FlushAsync();
        }

        async Task ReadUntilAsync(string text)
        {
            char[] buffer = new char[256];
            int from = shown.Length;
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!shown.ToString(from, shown.Length - from).Contains(text, StringComparison.Ordinal))
            {
                int count = await terminal.StandardOutput.ReadAsync(buffer, limit.Token);
                Assert.True(count > 0, $"It ended before \"{text}\": {shown}");
                shown.Append(buffer, 0, count);
            }
        }
    }

    private Process StartOnTerminal(params string[] arguments)
    {
        string command = string.Join(' ', new OciProgram(_directory["root"], "vfs").Arguments(arguments).Prepend(OciProgram.Path).Select(word => $"'{word}'"));
        var start = new ProcessStartInfo(Peers.Require("script"), ["-qefc", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["DOCKER_CONFIG"] = _directory["config"], ["HOME"] = _directory["home"], ["TERM"] = "xterm", ["LC_ALL"] = "C.UTF-8" },
        };
        return Process.Start(start)!;
    }
}
