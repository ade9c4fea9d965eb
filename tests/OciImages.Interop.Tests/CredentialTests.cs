using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary><c>oci login</c> and <c>oci logout</c>, checked by pulling and by what other programs read and write.</summary>
public sealed class CredentialTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private const string User = "user", Password = "pass-word";
    private readonly TempDirectory _directory = new();

    private string Config => _directory["config/config.json"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Login_BasicRegistry_PullsUntilLogout()
    {
        Peers.Require("htpasswd");
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Basic = (User, Password) });
        await AssertLoginIsWhatCountsAsync(registry);
    }

    [Fact]
    public async Task Login_TokenRegistry_PullsUntilLogout()
    {
        await using var tokens = TokenServer.Start();
        tokens.Users[User] = Password;
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { TokenServer = tokens });
        await AssertLoginIsWhatCountsAsync(registry);
    }

    [Theory]
    [InlineData("""{"credsStore":"pass"}""")]
    // Found by itself, as docker does.
    [InlineData("{}")]
    public async Task Login_PassConfiguredOrFound_SecretIsInPassOnly(string configuration)
    {
        Peers.Require("htpasswd");
        Peers.Require("docker-credential-pass");
        Peers.Require("pass");
        Peers.Require("gpg");
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Basic = (User, Password) });
        string image = await PushAsync(registry);
        string environment = await Command.BashAsync(_directory.Path, """
            export GNUPGHOME=$PWD/gnupg PASSWORD_STORE_DIR=$PWD/store
            mkdir -m 700 gnupg
            gpg --batch --quiet --passphrase '' --quick-generate-key test@example.com default default never 2> /dev/null
            pass init test@example.com > /dev/null
            mkdir config
            printf '%s' "export GNUPGHOME='$GNUPGHOME' PASSWORD_STORE_DIR='$PASSWORD_STORE_DIR'"
            """);
        await File.WriteAllTextAsync(Config, configuration);
        try
        {
            var login = await OciAsync($"{environment}; printf %s {Password} |", "login", "-u", User, "--password-stdin", registry.Authority);
            Assert.Equal((0, "Login Succeeded\n", ""), (login.ExitCode, login.Output, login.Error));
            Assert.Contains("\"credsStore\"", await File.ReadAllTextAsync(Config), StringComparison.Ordinal);
            Assert.DoesNotContain("auth\"", await File.ReadAllTextAsync(Config), StringComparison.Ordinal);
            Assert.Equal($"{image}\n", (await OciAsync($"{environment};", "pull", "-q", image)).Output);

            Assert.Equal(0, (await OciAsync($"{environment};", "logout", registry.Authority)).ExitCode);
            Assert.Equal(1, (await OciAsync($"{environment};", "pull", "-q", image)).ExitCode);
        }
        finally
        {
            await Command.TryRunAsync("env", $"GNUPGHOME={_directory["gnupg"]}", "gpgconf", "--kill", "all");
        }
    }

    [Fact]
    public async Task Pull_LoginOfSkopeoAndOfTheEnvironment_Count()
    {
        Peers.Require("htpasswd");
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Basic = (User, Password) });
        string image = await PushAsync(registry);
        string file = _directory["auth.json"];
        await Command.RunAsync("skopeo", "login", "--authfile", file, "--tls-verify=false", "-u", User, "-p", Password, registry.Authority);

        Assert.Equal(1, (await OciAsync("", "pull", "-q", image)).ExitCode);
        Assert.Equal($"{image}\n", (await OciAsync($"export REGISTRY_AUTH_FILE='{file}';", "pull", "-q", image)).Output);
        Assert.Equal($"{image}\n", (await OciAsync($"export DOCKER_AUTH_CONFIG=$(cat '{file}');", "pull", "-q", image)).Output);
    }

    [Fact]
    public async Task Login_BadUsage_IsOneLine()
    {
        var anonymous = await OciAsync("printf x |", "login", "--password-stdin", "127.0.0.1:1");
        var silent = await OciAsync("", "login", "127.0.0.1:1");
        var empty = await OciAsync("printf '' |", "login", "-u", User, "--password-stdin", "127.0.0.1:1");

        Assert.Equal("oci: Must provide --username with --password-stdin\n", anonymous.Error);
        Assert.StartsWith("oci: Cannot log in without a terminal", silent.Error, StringComparison.Ordinal);
        Assert.Equal("oci: Password required\n", empty.Error);
        Assert.All([anonymous, silent, empty], result => Assert.Equal(1, result.ExitCode));
        Assert.False(File.Exists(Config));
    }

    private async Task AssertLoginIsWhatCountsAsync(DockerRegistry registry)
    {
        string image = await PushAsync(registry);

        var wrong = await OciAsync("printf wr0ng |", "login", "-u", User, "--password-stdin", registry.Authority);
        Assert.Equal(1, wrong.ExitCode);
        Assert.StartsWith("oci: ", wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", wrong.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Config));
        Assert.Equal(1, (await OciAsync("", "pull", "-q", image)).ExitCode);

        var login = await OciAsync($"echo {Password} |", "-D", "login", "--username", User, "--password-stdin", registry.Authority);
        Assert.Equal((0, "Login Succeeded\n"), (login.ExitCode, login.Output));
        Assert.Contains($"WARNING! Your credentials are stored unencrypted in '{Config}'.", login.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, login.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Config));
        Assert.Equal($"{image}\n", (await OciAsync("", "pull", "-q", image)).Output);
        // Another program reads the same file.
        await Command.RunAsync("skopeo", "inspect", "--authfile", Config, "--tls-verify=false", $"docker://{image}");

        Assert.Equal($"Removing login credentials for {registry.Authority}\n", (await OciAsync("", "logout", registry.Authority)).Output);
        Assert.Equal($"Not logged in to {registry.Authority}\n", (await OciAsync("", "logout", registry.Authority)).Output);
        Assert.Equal(1, (await OciAsync("", "pull", "-q", image)).ExitCode);
    }

    private async Task<string> PushAsync(DockerRegistry registry)
    {
        string image = $"{registry.Authority}/test/nasty:v1";
        await Command.RunAsync(
            "skopeo", "copy", "-q", "--dest-tls-verify=false", "--dest-creds", $"{User}:{Password}", $"oci:{fixture.LayoutPath}:{InteropFixture.Tag}", $"docker://{image}");
        return image;
    }

    // In a shell, so that a pipe can bring the password; without a terminal and with no home of anybody's.
    private Task<CommandResult> OciAsync(string before, params string[] arguments)
    {
        string[] all = new OciProgram(_directory["root"], "vfs").Arguments(arguments);
        string script = $"export DOCKER_CONFIG='{_directory["config"]}' HOME='{_directory["home"]}'; exec < /dev/null; {before} \"$0\" \"$@\"";
        return Command.TryRunAsync("sh", ["-c", script, OciProgram.Path, .. all]);
    }
}
