using OciImages.Registry.Uploads;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Uploads;

/// <summary>Cuts on the way to a real registry.</summary>
public class ResumeTests
{
    private const int Chunk = 1_000_000;

    [Fact]
    public async Task Push_CutWithinAPart_StartsOver()
    {
        await using var registry = await DockerRegistry.StartAsync();
        byte[] content = Registries.Bytes(6 * Chunk);
        // The first connection finds out the scheme, the next two take two and a half parts each. This registry keeps the half, but its upload
        // cannot be continued then (distribution 2.8: "upload resumed at wrong offest").
        await using var proxy = FaultProxy.Start(registry.Port, _ => null, number => number is 1 or 2 ? Chunk * 5 / 2 : null);
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));
        var blobs = client.GetRepository(Registries.Name(proxy.Authority)).Blobs;

        await blobs.PushAsync(Registries.Blob(content), Content.Of(content), new BlobPushOptions { Mode = UploadMode.Chunked, ChunkSize = Chunk });

        Assert.Equal(content, await ReadAsync(registry, content));
    }

    private static async Task<byte[]> ReadAsync(DockerRegistry registry, byte[] content)
    {
        using var direct = new RegistryClient();
        return await (await direct.GetRepository(Registries.Name(registry.Authority)).Blobs.OpenReadAsync(Registries.Blob(content))).ReadAllAsync();
    }
}
