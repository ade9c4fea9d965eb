using OciImages.Registry.Uploads;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Uploads;

/// <summary>Every dialect takes blobs of every size, breaks none of the rules, and is left without open uploads.</summary>
public class DialectTests
{
    private const int MiB = 1 << 20;

    private static readonly int[] Sizes = [0, 1, 1000, MiB, MiB + 1, 5 * MiB, 6 * MiB + 3];

    public static TheoryData<string> Names => [.. Dialect.All.Select(dialect => dialect.Name)];

    public static TheoryData<string> NamesWithChunks => [.. Dialect.All.Where(dialect => !dialect.HasOnePatch).Select(dialect => dialect.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Push_EachSize_IsTaken(string name)
    {
        await using var registry = DialectRegistry.Start(Dialect.Get(name));
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));
        var blobs = client.Repository(registry.Server).Blobs;

        foreach (int size in Sizes)
        {
            byte[] content = Registries.Bytes(size, size);
            var pushed = await blobs.PushAsync(Registries.Blob(content), Content.Of(content));
            Assert.Equal(BlobPushOutcome.Uploaded, pushed.Outcome);
            Assert.Equal(content, registry.Blobs[$"{Registries.Path}@{Digest.Compute(content)}"]);
        }

        Assert.Empty(registry.Violations);
        Assert.Equal(0, registry.OpenUploads);
    }

    [Theory]
    [MemberData(nameof(NamesWithChunks))]
    public async Task Push_Chunked_IsTakenWhereChunksAre(string name)
    {
        await using var registry = DialectRegistry.Start(Dialect.Get(name));
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));
        byte[] content = Registries.Bytes(7 * MiB + 5);
        // Larger than GHCR's limit and smaller than what the registry that tells its least wants; ECR's least is not told and must be set.
        var options = new BlobPushOptions { Mode = UploadMode.Chunked, ChunkSize = 5 * MiB };

        await client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(content), Content.Of(content), options);

        Assert.Equal(content, registry.Blobs[$"{Registries.Path}@{Digest.Compute(content)}"]);
        Assert.Empty(registry.Violations);
        Assert.Equal(0, registry.OpenUploads);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Push_SecondBlob_UsesWhatWasLearned(string name)
    {
        await using var registry = DialectRegistry.Start(Dialect.Get(name));
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));
        var blobs = client.Repository(registry.Server).Blobs;
        byte[] first = Registries.Bytes(4 * MiB + 1, 1), second = Registries.Bytes(4 * MiB + 1, 2);

        await blobs.PushAsync(Registries.Blob(first), Content.Of(first));
        int before = registry.Methods.Count(method => method == "POST");
        await blobs.PushAsync(Registries.Blob(second), Content.Of(second));

        Assert.Equal(before + 1, registry.Methods.Count(method => method == "POST"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Push_Cut_GoesOn(string name)
    {
        foreach (UploadMode? mode in (UploadMode?[])[null, UploadMode.Chunked])
        {
            var dialect = Dialect.Get(name);
            if (mode == UploadMode.Chunked && dialect.HasOnePatch)
                continue;
            await using var registry = DialectRegistry.Start(dialect);
            int bodies = 0;
            registry.UploadServer.CutBody = (_, _) => Interlocked.Increment(ref bodies) is 2 or 4 ? 700_000 : null;
            using var client = new RegistryClient(Registries.Options(new SkippingClock()));
            byte[] content = Registries.Bytes(6 * MiB + 7);

            await client.Repository(registry.Server).Blobs.PushAsync(
                Registries.Blob(content), Content.Of(content), new BlobPushOptions { Mode = mode, ChunkSize = 5 * MiB });

            Assert.Equal(content, registry.Blobs[$"{Registries.Path}@{Digest.Compute(content)}"]);
            Assert.Empty(registry.Violations);
            Assert.Equal(0, registry.OpenUploads);
        }
    }

    [Fact]
    public async Task Push_CutAgainAndAgain_SendsEachByteOnce()
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        // Twelve cuts: more than attempts, but each one brings something.
        registry.Server.CutBody = (method, _) => method == "PATCH" ? 700_000 : null;
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));
        byte[] content = Registries.Bytes(9_000_000);
        var progress = new Sent();

        await client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(content), Content.Of(content), new BlobPushOptions { Progress = progress });

        Assert.Equal(content, registry.Blobs[$"{Registries.Path}@{Digest.Compute(content)}"]);
        Assert.Equal(content.Length, registry.Server.Requests.Sum(request => request.Body.Length));
        Assert.Empty(registry.Violations);
    }

    [Fact]
    public async Task Push_MountedElsewhere_SkipsOtherRegistries()
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("Docker Hub"));
        byte[] content = Registries.Bytes(1000);
        var blob = Registries.Blob(content);
        registry.Blobs[$"team/base@{blob.Digest}"] = content;
        using var client = new RegistryClient();

        var pushed = await client.Repository(registry.Server).Blobs.PushAsync(blob, Content.Never, new BlobPushOptions
        {
            MountFrom = [Registries.Name("other.example", "team/base"), Registries.Name(registry.Server.Authority, "team/base")],
        });

        Assert.Equal(BlobPushOutcome.Mounted, pushed.Outcome);
        Assert.Single(registry.Methods, "POST");
    }

    [Fact]
    public async Task Push_ProjectMissing_FailsWithTheRegistrysWords()
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("Harbor"));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.Repository(registry.Server, "nobody/app").Blobs.PushAsync(Registries.Blob(Registries.Bytes(10)), Content.Never));

        Assert.Equal(OciErrorKind.Unauthorized, failure.Kind);
        Assert.Contains("project nobody not found", failure.Message, StringComparison.Ordinal);
    }
}
