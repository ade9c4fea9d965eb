using System.Text;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests;

/// <summary>The whole client against a real registry.</summary>
public class DockerRegistryTests
{
    [Fact]
    public async Task Pull_Image_BytesAreThoseThatWerePut()
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] layer = Registries.Bytes(200_000);
        var (manifest, layers) = await registry.PutImageAsync(Registries.Path, "v1", layer, Registries.Bytes(10, 2));
        using var client = new RegistryClient();
        var repository = client.GetRepository(Registries.Name(registry.Authority));

        var resolved = await repository.Manifests.ResolveAsync("v1");
        var fetched = await repository.Manifests.GetAsync("v1");
        var byDigest = await repository.Manifests.GetAsync(manifest.Digest.ToString());

        Assert.True(manifest.HasSameContent(resolved));
        Assert.Equal(MediaTypes.OciManifest, resolved!.MediaType);
        Assert.Equal(manifest, fetched.Descriptor);
        Assert.True(fetched.Bytes.Span.SequenceEqual(byDigest.Bytes.Span));
        Assert.Equal(layer, await (await repository.Blobs.OpenReadAsync(layers[0])).ReadAllAsync());
        Assert.Equal(layer[150_000..], await (await repository.Blobs.OpenReadAsync(layers[0], 150_000)).ReadAllAsync());
        Assert.True(await repository.Blobs.ExistsAsync(layers[1].Digest));
    }

    [Fact]
    public async Task Ask_WhatIsNotThere_IsTold()
    {
        await using var registry = await DockerRegistry.StartAsync();
        await registry.PutImageAsync(Registries.Path, "v1", Registries.Bytes(10));
        using var client = new RegistryClient();
        var repository = client.GetRepository(Registries.Name(registry.Authority));
        var missing = Digest.Compute("missing"u8);

        Assert.Null(await repository.Manifests.ResolveAsync("v2"));
        Assert.Null(await repository.Manifests.ResolveAsync(missing.ToString()));
        Assert.False(await repository.Blobs.ExistsAsync(missing));
        var manifest = await Assert.ThrowsAsync<RegistryException>(() => repository.Manifests.GetAsync("v2"));
        Assert.Equal(OciErrorKind.NotFound, manifest.Kind);
        Assert.Equal("MANIFEST_UNKNOWN", Assert.Single(manifest.Errors).Code);
        Assert.Equal(
            $"Cannot get manifest v2 of {registry.Authority}/{Registries.Path}: the registry answered 404 NotFound (MANIFEST_UNKNOWN: manifest unknown).",
            manifest.Message);
        var blob = await Assert.ThrowsAsync<RegistryException>(() => repository.Blobs.OpenReadAsync(new Descriptor(MediaTypes.OciLayer, missing, 7)));
        Assert.Equal(OciErrorKind.NotFound, blob.Kind);
        Assert.Contains("BLOB_UNKNOWN", blob.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListTags_SomeTags_ListsThem()
    {
        await using var registry = await DockerRegistry.StartAsync();
        foreach (string tag in (string[])["a", "b", "c.1"])
            await registry.PutImageAsync(Registries.Path, tag, Registries.Bytes(5));
        using var client = new RegistryClient();

        var tags = await client.GetRepository(Registries.Name(registry.Authority)).ListTagsAsync().ToListAsync();

        Assert.Equal(["a", "b", "c.1"], tags.Order());
    }

    [Fact]
    public async Task Basic_RightAndWrongPassword_OpensAndRefuses()
    {
        await using var registry = await DockerRegistry.StartAsync(new() { Basic = ("ann", "s3cret-pw") });
        var (manifest, _) = await registry.PutImageAsync(Registries.Path, "v1", Registries.Bytes(5));
        var name = Registries.Name(registry.Authority);

        using var right = ClientFor(registry, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" });
        await right.PingAsync(registry.Authority);
        Assert.Equal(manifest.Digest, (await right.GetRepository(name).Manifests.ResolveAsync("v1"))?.Digest);

        using var wrong = ClientFor(registry, new RegistryCredential { UserName = "ann", Password = "other-pw" });
        var refused = await Assert.ThrowsAsync<RegistryException>(() => wrong.PingAsync(registry.Authority));
        Assert.Equal(OciErrorKind.Unauthorized, refused.Kind);

        using var anonymous = new RegistryClient();
        var asked = await Assert.ThrowsAsync<RegistryException>(() => anonymous.GetRepository(name).Manifests.GetAsync("v1"));
        Assert.Equal(OciErrorKind.Unauthorized, asked.Kind);
        Assert.Contains("wants a user name and a password", asked.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ann", "s3cret-pw", null)]
    [InlineData(null, null, "refresh-1")]
    [InlineData("<token>", "refresh-1", null)]
    public async Task Token_EachCredential_Opens(string? user, string? password, string? identityToken)
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add("ann", "s3cret-pw");
        tokens.RefreshTokens.Add("refresh-1");
        await using var registry = await DockerRegistry.StartAsync(new() { TokenServer = tokens });
        var (manifest, layers) = await registry.PutImageAsync(Registries.Path, "v1", Registries.Bytes(5000));
        using var client = ClientFor(registry, new RegistryCredential { UserName = user, Password = password, IdentityToken = identityToken });
        var repository = client.GetRepository(Registries.Name(registry.Authority));

        Assert.Equal(manifest.Digest, (await repository.Manifests.GetAsync("v1")).Descriptor.Digest);
        Assert.Equal(5000, (await (await repository.Blobs.OpenReadAsync(layers[0])).ReadAllAsync()).Length);
        Assert.Single(tokens.Requests);
    }

    [Fact]
    public async Task Token_WrongPassword_SaysWhoRefused()
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add("ann", "s3cret-pw");
        await using var registry = await DockerRegistry.StartAsync(new() { TokenServer = tokens });
        using var client = ClientFor(registry, new RegistryCredential { UserName = "ann", Password = "nope-nope" });

        var refused = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name(registry.Authority)).Manifests.ResolveAsync("v1"));

        Assert.Equal(OciErrorKind.Unauthorized, refused.Kind);
        Assert.Contains("refuses the credentials of ann (401 Unauthorized (incorrect username or password))", refused.Message, StringComparison.Ordinal);
        Assert.Single(tokens.Requests);
    }

    [Fact]
    public async Task Tls_TrustedAndUntrusted_OpensAndRefuses()
    {
        using var certificate = TestCertificate.Create();
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate });
        await registry.PutImageAsync(Registries.Path, "v1", Registries.Bytes(5));
        var name = Registries.Name(registry.Authority);

        using var trusting = new RegistryClient(TestCertificate.HandlerTrusting(certificate), disposeHandler: true);
        Assert.NotNull(await trusting.GetRepository(name).Manifests.ResolveAsync("v1"));

        // Loopback may be spoken to over plain HTTP, but this one speaks TLS: the failure that counts is the certificate's.
        using var untrusting = new RegistryClient();
        var refused = await Assert.ThrowsAsync<RegistryException>(() => untrusting.GetRepository(name).Manifests.ResolveAsync("v1"));
        Assert.Equal(OciErrorKind.Unavailable, refused.Kind);
        Assert.False(refused.IsTransient);
        Assert.Contains("certificate", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenRead_ConnectionResetAgainAndAgain_FetchesOnlyTheRest()
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(3_000_000);
        var blob = await registry.PutBlobAsync(Registries.Path, content);
        await using var proxy = FaultProxy.Start(registry.Port, _ => 700_000);
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        byte[] read = await (await client.GetRepository(Registries.Name(proxy.Authority)).Blobs.OpenReadAsync(blob)).ReadAllAsync();

        Assert.Equal(content, read);
        // At least 5 connections of 700 kB and one that found no TLS; a reset may swallow what was on its way.
        Assert.InRange(proxy.Connections, 6, 30);
    }

    [Fact]
    public async Task OpenRead_ProxyWithoutRanges_DiscardsTheStart()
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(300_000);
        var blob = await registry.PutBlobAsync(Registries.Path, content);
        await using var proxy = await NginxProxy.StartAsync(registry.Port, new() { IgnoresRanges = true });
        using var client = new RegistryClient();

        byte[] read = await (await client.GetRepository(Registries.Name(proxy.Authority)).Blobs.OpenReadAsync(blob, 123_456)).ReadAllAsync();

        Assert.Equal(content[123_456..], read);
        Assert.Contains(proxy.AccessLog, entry => entry is { Status: 200, Bytes: 300_000 });
    }

    [Fact]
    public async Task OpenRead_BlobsRedirected_FollowsWithoutAuthorization()
    {
        byte[] content = Registries.Bytes(100_000);
        await using var registry = await DockerRegistry.StartAsync(new() { Basic = ("ann", "s3cret-pw") });
        var blob = await registry.PutBlobAsync(Registries.Path, content);
        await using var storage = Registries.Serve(request => FaultResponse.Blob(request, content));
        await using var proxy = await NginxProxy.StartAsync(registry.Port, new() { RedirectBlobsTo = storage.Url });
        using var client = new RegistryClient(Registries.Options(
            credentials: new StaticCredentialSource(proxy.Authority, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" })));
        await client.PingAsync(proxy.Authority);

        byte[] read = await (await client.GetRepository(Registries.Name(proxy.Authority)).Blobs.OpenReadAsync(blob, 50_000)).ReadAllAsync();

        Assert.Equal(content[50_000..], read);
        var request = Assert.Single(storage.Requests);
        Assert.Null(request.Authorization);
        Assert.Equal((50_000, 99_999), request.Range);
    }

    [Fact]
    public async Task Pull_ThroughFlakyProxy_Works()
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(50_000);
        await registry.PutImageAsync(Registries.Path, "v1", content);
        await using var proxy = await NginxProxy.StartAsync(registry.Port, new() { UnavailablePercent = 30, DroppedPercent = 10 });
        var options = Registries.Options(new SkippingClock());
        options.MaxAttempts = 20;
        using var client = new RegistryClient(options);
        var repository = client.GetRepository(Registries.Name(proxy.Authority));

        for (int i = 0; i < 10; i++)
        {
            var manifest = await repository.Manifests.GetAsync("v1");
            Assert.Contains("layers", Encoding.UTF8.GetString(manifest.Bytes.Span), StringComparison.Ordinal);
            Assert.Equal(content, await (await repository.Blobs.OpenReadAsync(Registries.Blob(content))).ReadAllAsync());
        }
        Assert.Contains(proxy.AccessLog, entry => entry.Status == 503);
    }

    private static RegistryClient ClientFor(DockerRegistry registry, RegistryCredential credential) =>
        new(Registries.Options(credentials: new StaticCredentialSource(registry.Authority, credential)));
}
