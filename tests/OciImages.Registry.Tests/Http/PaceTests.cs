using System.Net;
using OciImages.Registry.Uploads;

namespace OciImages.Registry.Tests.Http;

/// <summary>Connections that move, but hardly: all by the clock of the test.</summary>
public class PaceTests
{
    private static readonly byte[] Bytes = Registries.Bytes(4000);

    [Fact]
    public async Task Read_AByteNowAndThen_FailsAfterAllAttempts()
    {
        var clock = new SkippingClock();
        var start = clock.GetUtcNow();
        var handler = Serve(clock, TimeSpan.FromSeconds(29), 1);
        using var client = new RegistryClient(handler, Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(client, _ => { }));

        Assert.Contains("only 3 bytes came within 87 s", failure.Message, StringComparison.Ordinal);
        Assert.Contains("tried 5 times", failure.Message, StringComparison.Ordinal);
        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Equal(5, handler.Requests.Count);
        Assert.InRange(clock.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task Read_AManifestByteNowAndThen_FailsToo()
    {
        var clock = new SkippingClock();
        var handler = Serve(clock, TimeSpan.FromSeconds(29), 1);
        using var client = new RegistryClient(handler, Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name("registry.example")).Manifests.GetAsync("v1"));

        Assert.Contains("only 3 bytes came", failure.Message, StringComparison.Ordinal);
        Assert.Equal(5, handler.Requests.Count);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(60, 40)]
    public async Task Read_FastEnough_IsReadToItsEnd(int least, int bytesARead)
    {
        var clock = new SkippingClock();
        var options = Registries.Options(clock);
        options.MinBytesPerMinute = least;
        var handler = Serve(clock, TimeSpan.FromSeconds(29), bytesARead);
        using var client = new RegistryClient(handler, options);

        Assert.Equal(Bytes, await ReadAsync(client, _ => { }));
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task Read_ReaderIsSlow_IsNotTheConnectionsFault()
    {
        var clock = new SkippingClock();
        var handler = Serve(clock, TimeSpan.Zero, 100);
        using var client = new RegistryClient(handler, Registries.Options(clock));

        Assert.Equal(Bytes, await ReadAsync(client, _ => clock.Advance(TimeSpan.FromMinutes(10))));
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task Push_Body_GoesOutInPiecesThatASlowLineTakesInTime()
    {
        byte[] content = Registries.Bytes(300_000);
        var written = new List<int>();
        var sent = Task.CompletedTask;
        var handler = new ScriptedHandler(request =>
        {
            if (request.Method == HttpMethod.Head)
                return new HttpResponseMessage(HttpStatusCode.NotFound);
            if (request.Method == HttpMethod.Put)
                sent = request.Content!.CopyToAsync(new PieceStream(written));
            var response = new HttpResponseMessage(request.Method == HttpMethod.Post ? HttpStatusCode.Accepted : HttpStatusCode.Created);
            response.Headers.TryAddWithoutValidation("Location", "/v2/team/app/blobs/uploads/1");
            return response;
        });
        using var client = new RegistryClient(handler, Registries.Options(new SkippingClock()));

        await client.GetRepository(Registries.Name("registry.example")).Blobs.PushAsync(
            Registries.Blob(content), Uploads.Content.Of(content), new BlobPushOptions { Mode = UploadMode.Monolithic });

        await sent;
        Assert.Equal(content.Length, written.Sum());
        Assert.Equal(16 * 1024, written.Max());
    }

    private static ScriptedHandler Serve(SkippingClock clock, TimeSpan pause, int bytesARead) => new(request =>
    {
        int first = (int)(request.Headers.Range?.Ranges.Single().From ?? 0);
        var response = new HttpResponseMessage(first > 0 ? HttpStatusCode.PartialContent : HttpStatusCode.OK)
        {
            Content = new StreamContent(new SlowStream(Bytes[first..], clock, pause, bytesARead)),
        };
        if (first > 0)
            response.Content.Headers.TryAddWithoutValidation("Content-Range", $"bytes {first}-{Bytes.Length - 1}/{Bytes.Length}");
        return response;
    });

    private static async Task<byte[]> ReadAsync(RegistryClient client, Action<int> afterRead)
    {
        await using var stream = await client.GetRepository(Registries.Name("registry.example")).Blobs.OpenReadAsync(Registries.Blob(Bytes));
        var content = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer)) > 0; afterRead(read))
            content.Write(buffer, 0, read);
        return content.ToArray();
    }

    private sealed class SlowStream(byte[] bytes, SkippingClock clock, TimeSpan pause, int bytesARead) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            clock.Advance(pause);
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, bytesARead)], cancellationToken);
        }
    }

    private sealed class PieceStream(List<int> written) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            written.Add(buffer.Length);
            return default;
        }
    }
}
