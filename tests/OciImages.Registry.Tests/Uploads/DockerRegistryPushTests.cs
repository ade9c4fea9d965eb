using System.Text;
using OciImages.Manifests;
using OciImages.Registry.Uploads;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Uploads;

/// <summary>Pushes to a real registry, in each of its forms.</summary>
public class DockerRegistryPushTests
{
    [Theory]
    [InlineData(null, 200_000)]
    [InlineData(null, 3_000_000)]
    [InlineData(UploadMode.Monolithic, 3_000_000)]
    [InlineData(UploadMode.Streamed, 3_000_000)]
    [InlineData(UploadMode.Chunked, 3_000_000)]
    [InlineData(UploadMode.Chunked, 2_000_000)]
    [InlineData(null, 1)]
    [InlineData(null, 0)]
    public async Task Push_EachMode_BlobIsThere(UploadMode? mode, int size)
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(size);
        var blob = Registries.Blob(content);
        using var client = new RegistryClient();
        var blobs = client.GetRepository(Registries.Name(registry.Authority)).Blobs;
        var progress = new Sent();

        var pushed = await blobs.PushAsync(blob, Content.Of(content), new BlobPushOptions { Mode = mode, ChunkSize = 1_000_000, Progress = progress });
        var again = await blobs.PushAsync(blob, Content.Never, new BlobPushOptions { Mode = mode });

        Assert.Equal(BlobPushOutcome.Uploaded, pushed.Outcome);
        Assert.Equal(BlobPushOutcome.Existing, again.Outcome);
        Assert.Equal(content, await (await blobs.OpenReadAsync(blob)).ReadAllAsync());
        Assert.Equal(size, progress.Last);
        Assert.Single(registry.AccessLog, entry => entry.Method == "POST");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Push_WrongContent_LeavesNothing(bool isShort)
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(2_000_000);
        var blob = Registries.Blob(content);
        byte[] wrong = isShort ? content[..^1] : [.. content, 1];
        using var client = new RegistryClient();
        var blobs = client.GetRepository(Registries.Name(registry.Authority)).Blobs;

        foreach (var mode in Enum.GetValues<UploadMode>())
        {
            var failure = await Assert.ThrowsAsync<OciException>(
                () => blobs.PushAsync(blob, Content.Of(wrong), new BlobPushOptions { Mode = mode, ChunkSize = 500_000 }));
            Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
            Assert.Contains(blob.Digest.ToString(), failure.Message, StringComparison.Ordinal);
        }
        Assert.False(await blobs.ExistsAsync(blob.Digest));
    }

    [Fact]
    public async Task Mount_FromAnotherRepository_SendsNothing()
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(100_000);
        var blob = await registry.PutBlobAsync("team/base", content);
        using var client = new RegistryClient();
        var app = client.GetRepository(Registries.Name(registry.Authority));
        var other = client.GetRepository(Registries.Name(registry.Authority, "team/other"));
        var source = Registries.Name(registry.Authority, "team/base");
        var missing = Digest.Compute("missing"u8);

        var pushed = await app.Blobs.PushAsync(blob, Content.Never, new BlobPushOptions
        {
            MountFrom = [Registries.Name("registry.example", "team/base"), Registries.Name(registry.Authority), source],
        });
        Assert.Equal(new BlobPushResult(BlobPushOutcome.Mounted) { MountedFrom = source }, pushed);
        Assert.True(await other.Blobs.TryMountAsync(blob.Digest, source));
        Assert.False(await other.Blobs.TryMountAsync(missing, source));

        Assert.Equal(content, await (await app.Blobs.OpenReadAsync(blob)).ReadAllAsync());
        Assert.Equal(3, registry.AccessLog.Count(entry => entry.Method == "POST" && entry.Target.Contains("mount=", StringComparison.Ordinal)));
        Assert.Single(registry.AccessLog, entry => entry.Method == "DELETE");
    }

    [Fact]
    public async Task Mount_NotThere_UsesTheSession()
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(2_000_000);
        var blob = Registries.Blob(content);
        using var client = new RegistryClient();
        var blobs = client.GetRepository(Registries.Name(registry.Authority)).Blobs;

        var pushed = await blobs.PushAsync(blob, Content.Of(content), new BlobPushOptions
        {
            MountFrom = [Registries.Name(registry.Authority, "team/a"), Registries.Name(registry.Authority, "team/b")],
        });

        Assert.Equal(BlobPushOutcome.Uploaded, pushed.Outcome);
        Assert.Equal(content, await (await blobs.OpenReadAsync(blob)).ReadAllAsync());
        // The first question's session is used, the second one's is given back.
        Assert.Equal(["POST", "POST", "DELETE", "PATCH", "PUT"], registry.AccessLog.Where(entry => entry.Method is not ("GET" or "HEAD")).Select(entry => entry.Method));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Push_Image_WithCredentials_IsThere(bool isToken)
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add("ann", "s3cret-pw");
        await using var registry = await DockerRegistry.StartAsync(isToken ? new() { TokenServer = tokens } : new() { Basic = ("ann", "s3cret-pw") });
        var credentials = new StaticCredentialSource(registry.Authority, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" });
        using var client = new RegistryClient(Registries.Options(credentials: credentials));
        var repository = client.GetRepository(Registries.Name(registry.Authority));
        await registry.PutBlobAsync("team/base", Registries.Bytes(10));

        var manifest = await PushImageAsync(repository, Registries.Bytes(2_000_000));
        var mounted = await repository.Blobs.PushAsync(
            Registries.Blob(Registries.Bytes(10)), Content.Never, new BlobPushOptions { MountFrom = [Registries.Name(registry.Authority, "team/base")] });

        Assert.Equal(BlobPushOutcome.Mounted, mounted.Outcome);
        var read = await repository.Manifests.GetAsync("v1");
        Assert.True(read.Bytes.Span.SequenceEqual(manifest.Bytes.Span));
        if (isToken)
        {
            Assert.Equal($"repository:{Registries.Path}:pull,push", tokens.Requests.First().Query["scope"].First());
            Assert.Contains(tokens.Requests, request => request.Query["scope"].SequenceEqual([$"repository:{Registries.Path}:pull,push", "repository:team/base:pull"]));
        }
    }

    [Fact]
    public async Task Push_Tls_IsThere()
    {
        using var certificate = TestCertificate.Create();
        await using var registry = await DockerRegistry.StartAsync(new() { Certificate = certificate });
        using var client = new RegistryClient(TestCertificate.HandlerTrusting(certificate), disposeHandler: true);
        var repository = client.GetRepository(Registries.Name(registry.Authority));

        var manifest = await PushImageAsync(repository, Registries.Bytes(2_000_000));

        Assert.Equal(manifest.Descriptor.Digest, (await repository.Manifests.ResolveAsync("v1"))?.Digest);
    }

    [Fact]
    public async Task Manage_TagsReferrersAndDeletion_WorkAsFarAsTheRegistryGoes()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var client = new RegistryClient();
        var repository = client.GetRepository(Registries.Name(registry.Authority));
        var subject = (await PushImageAsync(repository, Registries.Bytes(1000))).Descriptor;
        await PushImageAsync(client.GetRepository(Registries.Name(registry.Authority, "another")), Registries.Bytes(10));

        // This registry lists no referrers: the tag stands in.
        var signature = await PushArtifactAsync(repository, subject, "application/vnd.test.signature");
        var sbom = await PushArtifactAsync(repository, subject, "application/vnd.test.sbom");
        Assert.Equal([signature.Digest, sbom.Digest], await repository.ListReferrersAsync(subject.Digest).Select(one => one.Digest).ToListAsync());
        var found = Assert.Single(await repository.ListReferrersAsync(subject.Digest, "application/vnd.test.sbom").ToListAsync());
        Assert.Equal("application/vnd.test.sbom", found.ArtifactType);
        Assert.Equal("by-test", found.Annotations!["made"]);
        Assert.True(await repository.Manifests.DeleteAsync(signature.Digest));
        Assert.Equal([sbom.Digest], await repository.ListReferrersAsync(subject.Digest).Select(one => one.Digest).ToListAsync());

        Assert.Equal(["another", Registries.Path], await client.ListRepositoriesAsync(registry.Authority).Select(name => name.Path).ToListAsync());
        var refused = await Assert.ThrowsAsync<RegistryException>(() => repository.Manifests.DeleteTagAsync("v1"));
        Assert.Equal(OciErrorKind.Unsupported, refused.Kind);
        Assert.True(await repository.Manifests.DeleteAsync(subject.Digest));
        Assert.False(await repository.Manifests.DeleteAsync(subject.Digest));
        Assert.Null(await repository.Manifests.ResolveAsync("v1"));
        Assert.True(await repository.Blobs.DeleteAsync(Digest.Compute(Registries.Bytes(1000))));
        Assert.False(await repository.Blobs.DeleteAsync(Digest.Compute("missing"u8)));
    }

    private static async Task<ManifestContent> PushImageAsync(IRepository repository, byte[] layer)
    {
        byte[] config = Encoding.UTF8.GetBytes("""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""");
        var blob = Registries.Blob(layer);
        var configBlob = Registries.Blob(config, MediaTypes.OciConfig);
        await repository.Blobs.PushAsync(blob, Content.Of(layer));
        await repository.Blobs.PushAsync(configBlob, Content.Of(config));
        var manifest = ImageManifest.Create(configBlob, [blob]).Content;
        Assert.Equal(manifest.Descriptor, await repository.Manifests.PutAsync("v1", manifest));
        return manifest;
    }

    private static async Task<Descriptor> PushArtifactAsync(IRepository repository, Descriptor subject, string artifactType)
    {
        byte[] empty = "{}"u8.ToArray();
        var config = Registries.Blob(empty, MediaTypes.OciEmpty);
        await repository.Blobs.PushAsync(config, Content.Of(empty));
        var manifest = ImageManifest.Create(
            config, [config], artifactType: artifactType, subject: subject, annotations: new Dictionary<string, string> { ["made"] = "by-test" });
        return await repository.Manifests.PutAsync(manifest.Content.Descriptor.Digest.ToString(), manifest.Content);
    }
}
