using System.Collections.Concurrent;
using OciImages.Manifests;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Referrers;

public class ReferrerTests
{
    private static readonly Descriptor Subject = Registries.Blob("subject"u8.ToArray(), MediaTypes.OciManifest);

    private static readonly string FallbackTag = Subject.Digest.ToString().Replace(':', '-');

    private static readonly Descriptor[] Listed =
    [
        Registries.Blob("a"u8.ToArray(), MediaTypes.OciManifest) with { ArtifactType = "application/a" },
        Registries.Blob("b"u8.ToArray(), MediaTypes.OciManifest) with { ArtifactType = "application/b" },
        Registries.Blob("c"u8.ToArray(), MediaTypes.OciManifest) with { ArtifactType = "application/a" },
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task List_Pages_FollowsThemAndFilters(bool registryFilters)
    {
        await using var server = Registries.Serve(request =>
        {
            var page = request.Query["page"].Any() ? Listed[2..] : Listed[..2];
            var shown = registryFilters && request.Query["artifactType"].Any() ? page.Where(one => one.ArtifactType == "application/a") : page;
            var response = Index(ImageIndex.Create([.. shown]));
            response = registryFilters ? response.With("OCI-Filters-Applied", "artifactType") : response;
            return request.Query["page"].Any() ? response : response.With("Link", $"<{request.Target}{(request.Target.Contains('?') ? '&' : '?')}page=2>; rel=\"next\"");
        });
        using var client = new RegistryClient();
        var repository = client.Repository(server);

        Assert.Equal(Listed.Select(one => one.Digest), await repository.ListReferrersAsync(Subject.Digest).Select(one => one.Digest).ToListAsync());
        Assert.Equal(
            [Listed[0].Digest, Listed[2].Digest],
            await repository.ListReferrersAsync(Subject.Digest, "application/a").Select(one => one.Digest).ToListAsync());
        Assert.Contains(server.Asked(), request => request.Query["artifactType"].SingleOrDefault() == "application/a");
    }

    [Theory]
    [InlineData(404)]
    [InlineData(400)]
    [InlineData(405)]
    public async Task List_NotKnown_ReadsTheTag(int status)
    {
        await using var server = Registries.Serve(request => request.Path.EndsWith(FallbackTag, StringComparison.Ordinal)
            ? Index(ImageIndex.Create(Listed))
            : new FaultResponse(status));
        using var client = new RegistryClient();

        Assert.Equal(3, await client.Repository(server).ListReferrersAsync(Subject.Digest).CountAsync());
    }

    [Fact]
    public async Task List_SecondPageIsGone_IsToldAndNotTakenForTheEnd()
    {
        await using var server = Registries.Serve(request => request.Query["page"].Any() || request.Path.Contains("/manifests/", StringComparison.Ordinal)
            ? new FaultResponse(404)
            : Index(ImageIndex.Create(Listed)).With("Link", $"<{request.Target}?page=2>; rel=\"next\""));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListReferrersAsync(Subject.Digest).ToListAsync().AsTask());

        Assert.Contains("does not know the next page", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_NothingThere_IsEmpty()
    {
        await using var server = Registries.Serve(_ => new FaultResponse(404));
        using var client = new RegistryClient();

        Assert.Empty(await client.Repository(server).ListReferrersAsync(Subject.Digest).ToListAsync());
    }

    [Fact]
    public async Task List_Refused_IsToldAndNotTakenForNone()
    {
        await using var server = Registries.Serve(_ => new FaultResponse(403));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).ListReferrersAsync(Subject.Digest).ToListAsync().AsTask());

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_WithSubject_KeepsTheTagOnlyWhereTheRegistryKeepsNone(bool isKept)
    {
        var manifests = new ConcurrentDictionary<string, byte[]>();
        await using var server = Registries.Serve(request => Serve(manifests, request, isKept));
        using var client = new RegistryClient();
        var repository = client.Repository(server);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => repository.Manifests.PutAsync($"v{i}", Artifact(i))));
        await repository.Manifests.PutAsync("again", Artifact(0));

        Assert.Equal(isKept ? 0 : 3, await repository.ListReferrersAsync(Subject.Digest).CountAsync());
        Assert.Equal(!isKept, manifests.ContainsKey(FallbackTag));
    }

    [Fact]
    public async Task Put_WithSubjectWhoseTagIsAnImage_IsToldAndLeavesTheImage()
    {
        byte[] image = Artifact(9).Bytes.ToArray();
        await using var server = Registries.Serve(request => request.Method == "PUT"
            ? new FaultResponse(201).With("Docker-Content-Digest", Digest.Compute(request.Body).ToString())
            : request.Path.EndsWith(FallbackTag, StringComparison.Ordinal)
                ? new FaultResponse { Body = image, Headers = [("Content-Type", MediaTypes.OciManifest)] }
                : new FaultResponse(404));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.PutAsync("v1", Artifact(1)));

        Assert.Equal(OciErrorKind.Conflict, failure.Kind);
        Assert.Contains(FallbackTag, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, request => request.Method == "PUT" && request.Path.EndsWith(FallbackTag, StringComparison.Ordinal));
        Assert.Empty(await client.Repository(server).ListReferrersAsync(Subject.Digest).ToListAsync());
    }

    [Fact]
    public async Task Put_UnderAnotherDigest_IsRefusedUnsent()
    {
        using var client = new RegistryClient(new RefusingHandler());

        var failure = await Assert.ThrowsAsync<OciException>(
            () => client.GetRepository(Registries.Name("registry.example")).Manifests.PutAsync(Subject.Digest.ToString(), Artifact(1)));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
    }

    private static ManifestContent Artifact(int number)
    {
        var config = Registries.Blob("{}"u8.ToArray(), MediaTypes.OciEmpty);
        return ImageManifest.Create(config, [config], artifactType: $"application/x{number}", subject: Subject).Content;
    }

    private static FaultResponse Serve(ConcurrentDictionary<string, byte[]> manifests, FaultRequest request, bool isKept)
    {
        string name = request.Path.Split('/')[^1];
        if (request.Method == "PUT")
        {
            Assert.Contains(request.Headers["Content-Type"], MediaTypes.AcceptedManifests);
            manifests[name] = request.Body;
            var response = new FaultResponse(201).With("Docker-Content-Digest", Digest.Compute(request.Body).ToString());
            return isKept ? response.With("OCI-Subject", Subject.Digest.ToString()) : response;
        }
        return manifests.TryGetValue(name, out byte[]? bytes)
            ? new FaultResponse { Body = bytes, Headers = [("Content-Type", MediaTypes.OciIndex)] }
            : new FaultResponse(404);
    }

    private static FaultResponse Index(ImageIndex index) =>
        new() { Body = index.Content.Bytes, Headers = [("Content-Type", MediaTypes.OciIndex)] };
}
