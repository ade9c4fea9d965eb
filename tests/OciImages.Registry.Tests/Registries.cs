using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests;

/// <summary>Makes clients and names for tests.</summary>
internal static class Registries
{
    public const string Path = "team/app";

    /// <summary>The only place where tests make repository names.</summary>
    public static RepositoryName Name(string domain, string path = Path) => new(domain, path);

    public static RegistryClientOptions Options(TimeProvider? clock = null, IRegistryCredentialSource? credentials = null) =>
        new() { TimeProvider = clock ?? TimeProvider.System, Credentials = credentials };

    public static IRepository Repository(this RegistryClient client, FaultServer server, string path = Path) =>
        client.GetRepository(Name(server.Authority, path));

    /// <summary>A server that knows <c>/v2/</c> and leaves the rest to the test.</summary>
    public static FaultServer Serve(Func<FaultRequest, FaultResponse> answer, SkippingClock? clock = null)
    {
        var server = FaultServer.Start(request => request.Path == "/v2/" ? FaultResponse.Json("{}") : answer(request));
        server.Stalling = clock is null ? null : clock.ExpireIdle;
        return server;
    }

    /// <summary>The requests but those to <c>/v2/</c>.</summary>
    public static FaultRequest[] Asked(this FaultServer server) => [.. server.Requests.Where(request => request.Path != "/v2/")];

    public static async Task<byte[]> ReadAllAsync(this Stream stream)
    {
        await using (stream)
        {
            var content = new MemoryStream();
            await stream.CopyToAsync(content);
            return content.ToArray();
        }
    }

    public static byte[] Bytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static Descriptor Blob(ReadOnlyMemory<byte> content, string mediaType = MediaTypes.OciLayerGzip) =>
        new(mediaType, Digest.Compute(content.Span), content.Length);
}
