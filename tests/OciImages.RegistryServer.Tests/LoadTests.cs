using System.Net;
using OciImages.RegistryServer.Tests.Support;
using OciImages.TestSupport;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests;

public sealed class LoadTests : IDisposable
{
    private const int Clients = 100;
    private const int Rounds = 2;
    private const int LayerSize = 300_000;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ManyClients_PushingAndPullingAtOnce_AllSucceed()
    {
        await using var host = await RegistryHost.StartAsync(options => options.Root = _directory.Path);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(host.Client, client))));
        var index = new FileRegistryIndex(_directory.Path);
        Assert.Equal(Clients, await index.ListTagsAsync("shared").CountAsync());
        Assert.Empty(await new Content.Local.LocalContentStore(Path.Combine(_directory.Path, "content")).ListIngestsAsync().ToListAsync());
    }

    private static async Task RunAsync(HttpClient http, int client)
    {
        // Half of the layers are another client's too, so that the same content is committed by several at once.
        for (int round = 0; round < Rounds; round++)
        {
            byte[] layer = Bytes(LayerSize, (client / 2 * 10) + round);
            byte[] config = "{}"u8.ToArray();
            foreach (byte[] blob in new[] { config, layer })
            {
                using var post = await SendAsync(http, "POST", "/v2/shared/blobs/uploads/");
                await AssertStatusAsync(HttpStatusCode.Accepted, post);
                string location = post.Headers.Location!.ToString();
                int half = blob.Length / 2;
                using var patch = await SendAsync(http, "PATCH", location, blob[..half]);
                await AssertStatusAsync(HttpStatusCode.Accepted, patch);
                using var put = await SendAsync(http, "PUT", $"{location}?digest={Digest.Compute(blob)}", blob[half..]);
                await AssertStatusAsync(HttpStatusCode.Created, put);
            }
            var manifest = Manifests.ImageManifest.Create(
                new Descriptor(MediaTypes.OciConfig, Digest.Compute(config), config.Length),
                [new Descriptor(MediaTypes.OciLayer, Digest.Compute(layer), layer.Length)],
                annotations: new Dictionary<string, string> { ["client"] = $"{client}", ["round"] = $"{round}" });
            using var tagged = await SendAsync(http, "PUT", $"/v2/shared/manifests/t{client}", manifest.Content.Bytes.ToArray(), MediaTypes.OciManifest);
            await AssertStatusAsync(HttpStatusCode.Created, tagged);
            using var pulled = await SendAsync(http, "GET", $"/v2/shared/manifests/t{client}");
            Assert.Equal(manifest.Content.Descriptor.Digest, Digest.Compute(await pulled.Content.ReadAsByteArrayAsync()));
            using var content = await SendAsync(http, "GET", $"/v2/shared/blobs/{Digest.Compute(layer)}");
            Assert.Equal(Digest.Compute(layer), Digest.Compute(await content.Content.ReadAsByteArrayAsync()));
        }
    }
}
