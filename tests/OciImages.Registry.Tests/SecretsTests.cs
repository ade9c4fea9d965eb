using OciImages.Registry.Tests.Auth;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests;

public class SecretsTests
{
    private static readonly string[] Secrets = ["s3cret-pw", "idt-refresh", "YW5uOnMzY3JldC1wdw==", "t0ken-value", "X-Amz-Signature", "sig-abc", "realm-secret"];

    [Theory]
    [InlineData(null)]
    [InlineData("idt-refresh")]
    public async Task WholeConversation_LogsAndMessages_HoldNoSecret(string? identityToken)
    {
        byte[] content = Registries.Bytes(300);
        using var log = new CapturingLogger();
        await using var storage = FaultServer.Start(request => request.Target.Contains("bad", StringComparison.Ordinal)
            ? FaultResponse.Text($"<Error>{request.Target}</Error>", status: 403)
            : FaultResponse.Blob(request, content) with { EndAfter = request.Range is null ? 100 : null, Ending = request.Range is null ? FaultEnding.Reset : default });
        await using var pair = new TokenPair { TokenAnswer = _ => FaultResponse.Json("""{"token":"t0ken-value"}""") };
        pair.Answer = request => request.Path.EndsWith("/v1", StringComparison.Ordinal) ? RequestKind.GoodManifest()
            // A registry that repeats what it was sent, as some debug pages do.
            : request.Path.EndsWith("/echo", StringComparison.Ordinal) ? FaultResponse.Text($"you sent {request.Authorization}", status: 400)
            : request.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? FaultResponse.Redirect($"{storage.Url}/bad")
            : FaultResponse.Redirect($"{storage.Url}/blob?X-Amz-Signature=sig-abc");
        var credential = new RegistryCredential { UserName = "ann", Password = "s3cret-pw", IdentityToken = identityToken };
        using var client = pair.Client(credential, log);
        var repository = client.Repository(pair.Registry);

        await repository.Manifests.GetAsync("v1");
        Assert.Equal(content, await (await repository.Blobs.OpenReadAsync(Registries.Blob(content))).ReadAllAsync());
        var echo = await Assert.ThrowsAsync<RegistryException>(() => repository.Manifests.GetAsync("echo"));
        var denied = await Assert.ThrowsAsync<RegistryException>(() => repository.ListTagsAsync().ToListAsync().AsTask());
        Assert.Contains("you sent Bearer [secret]", echo.Message, StringComparison.Ordinal);

        string everything = string.Join('\n', [.. log.Lines, $"{echo}", $"{denied}", $"{credential}", .. echo.Errors.Select(error => $"{error}")]);
        Assert.Contains("?…", everything, StringComparison.Ordinal);
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, everything, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TokenServiceRepeatsPassword_MessageHoldsNone()
    {
        using var log = new CapturingLogger();
        await using var pair = new TokenPair
        {
            TokenAnswer = request => FaultResponse.Json($$"""{"details":"bad pair ann / s3cret-pw / {{request.Authorization}}"}""", 401),
        };
        using var client = pair.Client(new RegistryCredential { UserName = "ann", Password = "s3cret-pw" }, log);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(pair.Registry).Manifests.GetAsync("v1"));

        string everything = string.Join('\n', [.. log.Lines, $"{failure}", .. failure.Errors.Select(error => $"{error}")]);
        Assert.Contains("refuses the credentials of ann", failure.Message, StringComparison.Ordinal);
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, everything, StringComparison.Ordinal));
    }

    [Fact]
    public async Task MirrorsHeadersAndBrokenHelper_LogsAndMessages_HoldNoSecret()
    {
        using var scripts = new HelperScripts();
        using var directory = new TempDirectory();
        using var log = new CapturingLogger();
        await using var pair = new TokenPair { TokenAnswer = _ => FaultResponse.Json("""{"token":"t0ken-value"}""") };
        pair.Answer = request => FaultResponse.Text($"you sent {request.Authorization} and {request.Headers["X-Meta-Key"]}", status: 403);
        await using var mirror = FaultServer.Start(request => request.Authorization is null
            ? new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"r\"")
            : FaultResponse.Text($"you sent {request.Authorization} and {request.Headers["X-Meta-Key"]}", status: 403));
        string helper = await scripts.AddAsync("""
            test "$(cat)" = 127.0.0.1:9 && { echo "{s3cret-pw"; echo s3cret-pw >&2; exit 1; }
            echo '{"Username":"ann","Secret":"s3cret-pw"}'
            """);
        await File.WriteAllTextAsync(
            directory["config.json"], $$$"""{"credsStore":"{{{helper}}}","HttpHeaders":{"X-Meta-Key":"realm-secret"} }""");
        var source = new DockerConfigCredentialSource(directory["config.json"]);
        var options = Registries.Options(pair.Clock, source);
        options.Mirrors.Add(new RegistryMirror(pair.Registry.Authority, mirror.Url));
        foreach (var (name, value) in await source.ReadHeadersAsync())
            options.Headers.Add(name, value);
        using var client = new RegistryClient(options, log);

        var denied = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(pair.Registry).Manifests.GetAsync("v1"));
        var broken = await Assert.ThrowsAsync<OciException>(() => source.FindAsync("127.0.0.1:9").AsTask());

        Assert.Contains("you sent Bearer [secret] and [secret]", denied.Message, StringComparison.Ordinal);
        string everything = string.Join('\n', [.. log.Lines, $"{denied}", $"{broken}", .. denied.Errors.Select(error => $"{error}")]);
        Assert.Contains("you sent Basic [secret] and [secret]", everything, StringComparison.Ordinal);
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, everything, StringComparison.Ordinal));
    }
}
