using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Uploads;

/// <summary>Credentials and redirects while bytes are under way.</summary>
public class UploadAuthorizationTests
{
    private static readonly byte[] Bytes = Registries.Bytes(1_500_000);

    [Theory]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    public async Task Push_TokenRefusedMidway_GetsAnotherAndSendsAgain(string method)
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add("ann", "s3cret-pw");
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        int refused = 0;
        registry.Fault = request => request.Authorization is null || (request.Method == method && Interlocked.Increment(ref refused) == 1)
            ? Challenge(tokens)
            : null;
        var credentials = new StaticCredentialSource(registry.Server.Authority, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" });
        using var client = new RegistryClient(Registries.Options(new SkippingClock(), credentials));

        var pushed = await client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(Bytes), Content.Of(Bytes));

        Assert.Equal(BlobPushOutcome.Uploaded, pushed.Outcome);
        Assert.Equal(Bytes, registry.Blobs[$"{Registries.Path}@{Digest.Compute(Bytes)}"]);
        Assert.Equal(2, tokens.Requests.Count);
        Assert.All(tokens.Requests, request => Assert.Equal($"repository:{Registries.Path}:pull,push", request.Query["scope"].Single()));
        Assert.Empty(registry.Violations);
        Assert.Single(registry.Methods, "POST");
    }

    [Fact]
    public async Task Push_UploadsElsewhere_GetNoCredentials()
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add("ann", "s3cret-pw");
        await using var registry = DialectRegistry.Start(Dialect.Get("Docker Hub"));
        registry.Fault = request => request.Authorization is null && !request.Path.Contains("/uploads/u", StringComparison.Ordinal) ? Challenge(tokens) : null;
        var credentials = new StaticCredentialSource(registry.Server.Authority, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" });
        using var client = new RegistryClient(Registries.Options(new SkippingClock(), credentials));

        await client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(Bytes), Content.Of(Bytes));

        Assert.NotEmpty(registry.UploadServer.Requests);
        Assert.All(registry.UploadServer.Requests, request => Assert.Null(request.Authorization));
        Assert.Empty(registry.Violations);
    }

    [Theory]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Push_Redirected_SendsTheSameThere(int status)
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        await using var front = Registries.Serve(request => FaultResponse.Redirect(registry.Server.Url + request.Target, status));
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        await client.Repository(front).Blobs.PushAsync(Registries.Blob(Bytes), Content.Of(Bytes));

        Assert.Equal(Bytes, registry.Blobs[$"{Registries.Path}@{Digest.Compute(Bytes)}"]);
        Assert.Empty(registry.Violations);
    }

    [Fact]
    public async Task Push_ContentIsReopened_FromItsStart()
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("GAR"));
        int bodies = 0, opened = 0;
        registry.Server.CutBody = (_, _) => Interlocked.Increment(ref bodies) == 1 ? 500_000 : null;
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        await client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(Bytes), _ =>
        {
            opened++;
            return ValueTask.FromResult<Stream>(new MemoryStream(Bytes));
        });

        Assert.Equal(2, opened);
        Assert.Equal(Bytes, registry.Blobs[$"{Registries.Path}@{Digest.Compute(Bytes)}"]);
    }

    private static FaultResponse Challenge(TokenServer tokens) => FaultResponse.Json("""{"errors":[{"code":"UNAUTHORIZED"}]}""", 401)
        .With("WWW-Authenticate", $"Bearer realm=\"{tokens.Realm}\",service=\"{TokenServer.Service}\",scope=\"repository:{Registries.Path}:pull,push\",error=\"insufficient_scope\"");
}
