using System.Text;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests;

/// <summary>What a client can ask for, and how a good registry answers.</summary>
internal sealed record RequestKind(string Name, bool HasBody, Func<RegistryClient, FaultServer, Task> RunAsync, Func<FaultRequest, FaultResponse> Good)
{
    public static readonly byte[] Manifest = Encoding.UTF8.GetBytes(
        $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{},"layers":[]}""");

    public static readonly byte[] Content = Registries.Bytes(4000);

    private static readonly RequestKind[] All =
    [
        new("ping", true, (client, server) => client.PingAsync(server.Authority), _ => FaultResponse.Json("{}")),
        new("resolve", false, async (client, server) => Assert.Equal(
            Digest.Compute(Manifest), (await client.Repository(server).Manifests.ResolveAsync("v1"))?.Digest), _ => GoodManifest()),
        new("manifest", true, async (client, server) => Assert.True(
            (await client.Repository(server).Manifests.GetAsync("v1")).Bytes.Span.SequenceEqual(Manifest)), _ => GoodManifest()),
        new("exists", false, async (client, server) => Assert.True(
            await client.Repository(server).Blobs.ExistsAsync(Digest.Compute(Content))), request => FaultResponse.Blob(request, Content)),
        new("blob", true, async (client, server) => Assert.Equal(
            Content, await (await client.Repository(server).Blobs.OpenReadAsync(Registries.Blob(Content))).ReadAllAsync()),
            request => FaultResponse.Blob(request, Content)),
        new("tags", true, async (client, server) => Assert.Equal(
            ["a", "b"], await client.Repository(server).ListTagsAsync().ToListAsync()), _ => FaultResponse.Json("""{"name":"x","tags":["a","b"]}""")),
    ];

    public static IEnumerable<string> Names => All.Select(kind => kind.Name);

    public static RequestKind Get(string name) => All.Single(kind => kind.Name == name);

    public static FaultResponse GoodManifest() => new()
    {
        Body = Manifest,
        Headers = [("Content-Type", MediaTypes.OciManifest), ("Docker-Content-Digest", Digest.Compute(Manifest).ToString())],
    };

    /// <summary>
    /// Starts a server that answers wrongly as long as the test says, then rightly. Requests that only find out the scheme always succeed and
    /// are not counted; for the kind that asks the same itself that is the first one.
    /// </summary>
    public FaultServer Serve(Func<int, FaultRequest, FaultResponse?> fault, SkippingClock clock)
    {
        int asked = -1;
        var server = FaultServer.Start(request =>
        {
            if (request.Path == "/v2/" && Name != "ping")
                return FaultResponse.Json("{}");
            int number = Interlocked.Increment(ref asked);
            return number == 0 && Name == "ping" ? FaultResponse.Json("{}") : fault(Name == "ping" ? number : number + 1, request) ?? Good(request);
        });
        server.Stalling = clock.ExpireIdle;
        return server;
    }
}
