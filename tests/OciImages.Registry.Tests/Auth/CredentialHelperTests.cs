using OciImages.TestSupport;
using OciImages.TestSupport.Processes;

namespace OciImages.Registry.Tests.Auth;

/// <summary>Real programs, good, bad and hostile.</summary>
public class CredentialHelperTests(HelperScripts scripts) : IClassFixture<HelperScripts>
{
    private const string Secret = "s3cret-pw";

    [Fact]
    public async Task StoreGetListErase_Helper_KeepsWhatItIsGiven()
    {
        var helper = new CredentialHelper(await scripts.AddAsync(HelperScripts.Keeper));

        Assert.Null(await helper.FindAsync("ghcr.io"));
        await helper.StoreAsync("ghcr.io", new RegistryCredential { UserName = "ann", Password = Secret });
        await helper.StoreAsync("index.docker.io", new RegistryCredential { IdentityToken = "idt" });
        await helper.StoreAsync("127.0.0.1:5000", new RegistryCredential { UserName = "bob", Password = "p" });

        var ann = await helper.FindAsync("GHCR.io");
        Assert.Equal(("ann", Secret, null), (ann?.UserName, ann?.Password, ann?.IdentityToken));
        var hub = await helper.FindAsync("docker.io");
        Assert.Equal((null, null, "idt"), (hub?.UserName, hub?.Password, hub?.IdentityToken));
        Assert.Equal(
            [("127.0.0.1:5000", "bob"), ("ghcr.io", "ann"), ("https://index.docker.io/v1/", "<token>")],
            (await helper.ListAsync()).Select(server => (server.Key, server.Value)).Order());
        await helper.EraseAsync("ghcr.io");
        await helper.EraseAsync("ghcr.io");
        Assert.Null(await helper.FindAsync("ghcr.io"));
        Assert.NotNull(await helper.FindAsync("127.0.0.1:5000"));
    }

    [Theory]
    [InlineData("""echo '{"ServerURL":"","Username":"","Secret":""}'""")]
    [InlineData("""echo '{}'""")]
    [InlineData("""echo "credentials not found in native keychain"; exit 1""")]
    [InlineData("""echo "error getting credentials: Credentials Not Found"; exit 2""")]
    public async Task Find_HelperHasNone_IsNull(string body) =>
        Assert.Null(await new CredentialHelper(await scripts.AddAsync(body)).FindAsync("ghcr.io"));

    [Theory]
    [InlineData("""echo 's3cret-pw is not JSON'""", OciErrorKind.InvalidInput, "something else than a JSON object")]
    [InlineData("""echo '["s3cret-pw"]'""", OciErrorKind.InvalidInput, "something else than a JSON object")]
    [InlineData("""head -c 100 /dev/urandom""", OciErrorKind.InvalidInput, "something else than a JSON object")]
    [InlineData("""exec yes s3cret-pw""", OciErrorKind.InvalidInput, "answered more than")]
    [InlineData("""(exec >&-; yes s3cret-pw >&2) & echo '{"Secret":"s3cret-pw"'; exit 1""", OciErrorKind.Unavailable, "exited with status 1.")]
    [InlineData("""echo '{"Username":"ann","Secret":"s3cret-pw"}'; echo s3cret-pw >&2; exit 3""", OciErrorKind.Unavailable, "exited with status 3")]
    [InlineData("""echo "the store is locked." ; exit 1""", OciErrorKind.Unavailable, "exited with status 1: the store is locked.")]
    [InlineData("""kill -9 $$""", OciErrorKind.Unavailable, "exited with status 137")]
    public async Task Find_HelperFails_SaysHowAndNoSecret(string body, OciErrorKind kind, string expected)
    {
        var helper = new CredentialHelper(await scripts.AddAsync(body), TimeSpan.FromSeconds(30));

        var failure = await Assert.ThrowsAsync<OciException>(() => helper.FindAsync("ghcr.io").AsTask());

        Assert.Equal(kind, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains($"docker-credential-{helper.Name}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, $"{failure}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_HelperRepeatsSecretAsItFails_MessageHoldsNone()
    {
        var helper = new CredentialHelper(await scripts.AddAsync("""cat > /dev/null; echo "cannot keep s3cret-pw"; exit 1"""));

        var failure = await Assert.ThrowsAsync<OciException>(
            () => helper.StoreAsync("ghcr.io", new RegistryCredential { UserName = "ann", Password = Secret }));

        Assert.Contains("cannot keep [secret]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_HelperHangs_IsEndedWithItsChildren()
    {
        string name = await scripts.AddAsync("""sleep 1000 & echo $! > "$0.child"; wait""");

        var failure = await Assert.ThrowsAsync<OciException>(() => new CredentialHelper(name, TimeSpan.FromMilliseconds(500)).FindAsync("ghcr.io").AsTask());

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Contains("did not end within 0.5 s", failure.Message, StringComparison.Ordinal);
        string child = (await File.ReadAllTextAsync(scripts.PathOf(name) + ".child")).Trim();
        Assert.True(await EndsAsync(child), $"process {child} still runs");
    }

    [Fact]
    public async Task Find_Cancelled_EndsTheHelper()
    {
        string name = await scripts.AddAsync("""sleep 1000 & echo $! > "$0.child.tmp"; mv "$0.child.tmp" "$0.child"; wait""");
        using var cancel = new CancellationTokenSource();
        var finding = new CredentialHelper(name).FindAsync("ghcr.io", null, cancel.Token).AsTask();
        while (!File.Exists(scripts.PathOf(name) + ".child"))
            await Task.Delay(10);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finding);
        Assert.True(await EndsAsync((await File.ReadAllTextAsync(scripts.PathOf(name) + ".child")).Trim()));
    }

    [Fact]
    public async Task Find_HelperReadsNothing_ItsAnswerCounts()
    {
        var helper = new CredentialHelper(await scripts.AddAsync("""exec 0<&-; echo '{"Username":"ann","Secret":"x"}'"""));

        Assert.Equal("ann", (await helper.FindAsync("ghcr.io"))?.UserName);
    }

    [Fact]
    public async Task Find_HelperIsMissing_SaysSo()
    {
        var failure = await Assert.ThrowsAsync<OciException>(() => new CredentialHelper("no-such-helper").FindAsync("ghcr.io").AsTask());

        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
        Assert.Equal("The credential helper docker-credential-no-such-helper is configured, but not in PATH.", failure.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("x/y")]
    [InlineData("x\\y")]
    [InlineData("x; rm -rf y")]
    [InlineData("x y")]
    [InlineData("$(x)")]
    [InlineData("-x")]
    [InlineData(".x")]
    [InlineData("x\0y")]
    [InlineData("x\ny")]
    public void Name_CouldLeadElsewhere_IsRefused(string name) =>
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => new CredentialHelper(name)).Kind);

    [Fact]
    public async Task Pass_RealHelper_KeepsWhatItIsGiven()
    {
        Peers.Require("docker-credential-pass");
        Peers.Require("pass");
        Peers.Require("gpg");
        using var directory = new TempDirectory();
        // The helper finds its store by HOME, which is this process's: a wrapper gives it one of its own.
        await Command.BashAsync(directory.Path, """
            export GNUPGHOME=$PWD/gnupg PASSWORD_STORE_DIR=$PWD/store
            mkdir -m 700 gnupg
            gpg --batch --quiet --passphrase '' --quick-generate-key test@example.com default default never 2> /dev/null
            pass init test@example.com > /dev/null
            """);
        string name = await scripts.AddAsync(
            $"export GNUPGHOME='{directory["gnupg"]}' PASSWORD_STORE_DIR='{directory["store"]}'; exec docker-credential-pass \"$@\"");
        var helper = new CredentialHelper(name);
        try
        {
            Assert.Null(await helper.FindAsync("ghcr.io"));
            await helper.StoreAsync("ghcr.io", new RegistryCredential { UserName = "ann", Password = Secret });
            await helper.StoreAsync("docker.io", new RegistryCredential { IdentityToken = "idt" });

            Assert.Equal(Secret, (await helper.FindAsync("ghcr.io"))?.Password);
            Assert.Equal("idt", (await helper.FindAsync("docker.io"))?.IdentityToken);
            Assert.Equal("ann", (await helper.ListAsync())["ghcr.io"]);
            await helper.EraseAsync("ghcr.io");
            Assert.Null(await helper.FindAsync("ghcr.io"));
        }
        finally
        {
            await Command.TryRunAsync("env", $"GNUPGHOME={directory["gnupg"]}", "gpgconf", "--kill", "all");
        }
    }

    private static async Task<bool> EndsAsync(string process)
    {
        for (int i = 0; i < 500; i++)
        {
            // A zombie has ended, and waits for its parent only.
            if (!File.Exists($"/proc/{process}/stat") || (await ReadAsync($"/proc/{process}/stat")).Contains(") Z ", StringComparison.Ordinal))
                return true;
            await Task.Delay(10);
        }
        return false;
    }

    private static async Task<string> ReadAsync(string path)
    {
        try
        {
            return await File.ReadAllTextAsync(path);
        }
        catch (IOException)
        {
            return ") Z ";
        }
    }
}
