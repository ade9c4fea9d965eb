using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Blobs;

public class BlobReadStreamTests
{
    private static readonly byte[] Content = Registries.Bytes(300);
    private static readonly Descriptor Blob = Registries.Blob(Content);

    [Theory]
    [InlineData(FaultEnding.Close, false)]
    [InlineData(FaultEnding.Reset, false)]
    [InlineData(FaultEnding.Close, true)]
    public async Task Read_CutAtEveryByte_ContinuesThere(FaultEnding ending, bool isChunked)
    {
        var clock = new SkippingClock();
        int cut = 0;
        bool isCut = false;
        await using var server = Registries.Serve(request =>
        {
            var good = FaultResponse.Blob(request, Content) with { IsChunked = isChunked };
            if (isCut)
                return good;
            isCut = true;
            return good with { EndAfter = cut, Ending = ending };
        });
        using var client = new RegistryClient(Registries.Options(clock));
        var blobs = client.Repository(server).Blobs;

        for (cut = 0; cut < Content.Length; cut++)
        {
            isCut = false;
            Assert.Equal(Content, await (await blobs.OpenReadAsync(Blob)).ReadAllAsync());
        }

        // A reset may swallow bytes that were on their way; never may one be skipped or come twice.
        var resumed = server.Asked().Where(request => request.Range is not null).ToList();
        Assert.All(resumed, request => Assert.Equal(Content.Length - 1, request.Range!.Value.Last));
        if (ending == FaultEnding.Close)
            Assert.Equal(Enumerable.Range(1, Content.Length - 1).Select(at => (long)at), resumed.Select(request => request.Range!.Value.First));
    }

    [Fact]
    public async Task Read_OneByteAConnection_IsNoProgress()
    {
        var clock = new SkippingClock();
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, Content) with { EndAfter = 1, Ending = FaultEnding.Close });
        using var client = new RegistryClient(Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            async () => await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Contains("tried 5 times", failure.Message, StringComparison.Ordinal);
        Assert.Equal(5, server.Asked().Length);
    }

    [Fact]
    public async Task Read_ALittleAConnection_AttemptsBeginAnewWithProgress()
    {
        var clock = new SkippingClock();
        byte[] content = Registries.Bytes(3_000_000);
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, content) with { EndAfter = 100_000, Ending = FaultEnding.Close });
        using var client = new RegistryClient(Registries.Options(clock));

        Assert.Equal(content, await (await client.Repository(server).Blobs.OpenReadAsync(Registries.Blob(content))).ReadAllAsync());

        Assert.Equal(30, server.Asked().Length);
        // The waits grow until there was enough: 0.5, 1, 2 seconds and over again.
        Assert.All(clock.Waits, wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task Read_NoProgressAnyMore_FailsAndSaysWhere()
    {
        var clock = new SkippingClock();
        await using var server = Registries.Serve(
            request => FaultResponse.Blob(request, Content) with { EndAfter = request.Range is null ? 100 : 0, Ending = FaultEnding.Close });
        using var client = new RegistryClient(Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            async () => await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Equal(5, server.Asked().Length);
        Assert.Contains(Blob.Digest.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("another start")]
    [InlineData("no Content-Range")]
    [InlineData("beyond the end")]
    [InlineData("416")]
    [InlineData("416 with the size")]
    public async Task Read_RangesAreBroken_StartsOverAndDiscards(string how)
    {
        var clock = new SkippingClock();
        await using var server = Registries.Serve(request => request.Range is null ? new() { Body = Content } : how switch
        {
            "another start" => new FaultResponse(206) { Body = Content.AsMemory(0, 100) }.With("Content-Range", "bytes 0-99/300"),
            "no Content-Range" => new FaultResponse(206) { Body = Content.AsMemory(100) },
            "beyond the end" => new FaultResponse(206) { Body = Content.AsMemory(100) }.With("Content-Range", "bytes 100-300/301"),
            "416 with the size" => new FaultResponse(416).With("Content-Range", "bytes */300"),
            _ => new FaultResponse(416),
        });
        using var client = new RegistryClient(Registries.Options(clock));

        Assert.Equal(Content[100..], await (await client.Repository(server).Blobs.OpenReadAsync(Blob, 100)).ReadAllAsync());

        Assert.Equal([(100L, 299L), null], server.Asked().Select(request => request.Range));
    }

    [Fact]
    public async Task Read_ShorterRangeThanAsked_AsksForTheRest()
    {
        await using var server = Registries.Serve(request => request.Range is { } range
            ? new FaultResponse(206) { Body = Content.AsMemory((int)range.First, 50) }.With("Content-Range", $"bytes {range.First}-{range.First + 49}/300")
            : new());
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        Assert.Equal(Content[100..], await (await client.Repository(server).Blobs.OpenReadAsync(Blob, 100)).ReadAllAsync());
        Assert.Equal(4, server.Asked().Length);
    }

    [Theory]
    [InlineData("longer")]
    [InlineData("longer in chunks")]
    [InlineData("endless")]
    [InlineData("shorter")]
    [InlineData("other size in range")]
    public async Task Read_SizeIsNotTheDescriptors_IsCorrupt(string how)
    {
        byte[] longer = [.. Content, 1];
        await using var server = Registries.Serve(request => how switch
        {
            "longer" => new() { Body = longer },
            "longer in chunks" => new() { Body = longer, IsChunked = true },
            "endless" => new() { Body = Content, IsChunked = true, Ending = FaultEnding.Endless },
            "shorter" => FaultResponse.Blob(request, Content.AsMemory(0, 299)),
            _ => FaultResponse.Blob(request, longer) with { EndAfter = request.Range is null ? 10 : null, Ending = request.Range is null ? FaultEnding.Close : default, IsChunked = true },
        });
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            async () => await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task Read_NoLengthAndCleanEnd_IsWhole()
    {
        await using var server = Registries.Serve(_ => new() { Body = Content, ClaimedLength = -1, Ending = FaultEnding.Close });
        using var client = new RegistryClient();

        Assert.Equal(Content, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
    }

    [Fact]
    public async Task Read_StallAfterTheLastByte_IsWhole()
    {
        var clock = new SkippingClock();
        await using var server = Registries.Serve(_ => new() { Body = Content, IsChunked = true, Ending = FaultEnding.Stall }, clock);
        using var client = new RegistryClient(Registries.Options(clock));

        Assert.Equal(Content, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
    }

    [Fact]
    public async Task Read_CancelledOnce_LaterReadContinues()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = Registries.Serve(
            request => request.Range is null ? new() { Body = Content, EndAfter = 100, Ending = FaultEnding.Stall } : FaultResponse.Blob(request, Content));
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));
        await using var stream = await client.Repository(server).Blobs.OpenReadAsync(Blob);
        byte[] read = new byte[300];
        await stream.ReadExactlyAsync(read.AsMemory(0, 100));

        var waiting = stream.ReadAsync(read.AsMemory(100), cancellation.Token);
        await cancellation.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        await stream.ReadExactlyAsync(read.AsMemory(100));

        Assert.Equal(cancellation.Token, cancelled.CancellationToken);
        Assert.Equal(Content, read);
    }

    [Fact]
    public async Task Read_ManyBlobsInTurn_ReuseOneConnection()
    {
        int connections = 0;
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, Content));
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = async (context, token) =>
            {
                connections++;
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, token);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new RegistryClient(handler);

        for (int i = 0; i < 20; i++)
            await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync();

        // One to find out that there is no TLS, and one more while the answer to that was still on its way back.
        Assert.InRange(connections, 2, 3);
    }

    [Fact]
    public async Task Stream_NotWhatItDoes_ThrowsNotSupported()
    {
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, Content));
        using var client = new RegistryClient();
        var stream = await client.Repository(server).Blobs.OpenReadAsync(Blob);

        Assert.True(stream.CanRead);
        Assert.False(stream.CanSeek || stream.CanWrite);
        Assert.Throws<NotSupportedException>(() => stream.ReadByte());
        Assert.Throws<NotSupportedException>(() => stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        await stream.DisposeAsync();
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.ReadExactlyAsync(new byte[1]));
    }

    [Theory]
    [InlineData(300, 300)]
    [InlineData(0, 0)]
    public async Task OpenRead_NothingLeft_AsksNobody(int size, int offset)
    {
        using var client = new RegistryClient(new RefusingHandler());
        var blobs = client.GetRepository(Registries.Name("example.com")).Blobs;

        Assert.Empty(await (await blobs.OpenReadAsync(Blob with { Size = size }, offset)).ReadAllAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(301)]
    public async Task OpenRead_OffsetOutside_Throws(long offset)
    {
        using var client = new RegistryClient(new RefusingHandler());

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetRepository(Registries.Name("example.com")).Blobs.OpenReadAsync(Blob, offset));
    }
}
