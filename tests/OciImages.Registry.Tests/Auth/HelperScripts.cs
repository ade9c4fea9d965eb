using OciImages.TestSupport;
using OciImages.TestSupport.Processes;

namespace OciImages.Registry.Tests.Auth;

/// <summary>Programs <c>docker-credential-NAME</c> that tests write, in a directory at the front of <c>PATH</c>.</summary>
public sealed class HelperScripts : IDisposable
{
    /// <summary>A helper that keeps one file a server.</summary>
    public const string Keeper = """
        input=$(cat)
        key() { printf %s "$1" | sha256sum | cut -c1-16; }
        field() { printf %s "$input" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
        case $1 in
          store) printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}\n' "$(field ServerURL)" "$(field Username)" "$(field Secret)" > "$0.$(key "$(field ServerURL)")" ;;
          get) cat "$0.$(key "$input")" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
          erase) rm "$0.$(key "$input")" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
          list) cat "$0".* 2>/dev/null | sed 's/.*"ServerURL":"\([^"]*\)","Username":"\([^"]*\)".*/"\1":"\2"/' | paste -sd, | sed 's/.*/{&}/' ;;
        esac
        """;

    private static int _count;
    private readonly TempDirectory _directory = new();

    public HelperScripts() =>
        Environment.SetEnvironmentVariable("PATH", $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}");

    /// <summary>Writes a helper.</summary>
    /// <param name="body">What it does; the verb is <c>$1</c>.</param>
    /// <returns>Its name.</returns>
    public async Task<string> AddAsync(string body)
    {
        string name = $"t{Interlocked.Increment(ref _count)}-{Environment.ProcessId}";
        await AddProgramAsync($"docker-credential-{name}", body);
        return name;
    }

    /// <summary>Writes a program, in place of an earlier one of that name.</summary>
    public Task AddProgramAsync(string file, string body) =>
        // By another process: a file that this one has open for writing could be inherited by a helper started meanwhile, and then
        // not be started itself ("text file busy").
        Command.RunAsync("sh", "-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"", _directory[file], body);

    public string PathOf(string name) => _directory[$"docker-credential-{name}"];

    public void Dispose() => _directory.Dispose();
}
