using OciImages.Registry.Blobs;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Blobs;

/// <summary>Large blobs by several connections; here everything is large and slow.</summary>
public class RangedBlobStreamTests
{
    private const int BlockSize = 20_000;

    private static readonly byte[] Bytes = Registries.Bytes(610_000);

    private static readonly Descriptor Blob = Registries.Blob(Bytes);

    public static Dictionary<string, Func<FaultRequest, FaultResponse>> Mangled { get; } = new()
    {
        ["ignored"] = _ => new FaultResponse { Body = Bytes },
        ["another start"] = request => Part(request.Range!.Value.First + 1, request.Range.Value.Last),
        ["another end"] = request => Part(request.Range!.Value.First, request.Range.Value.Last - 1),
        ["another size"] = request => Part(request.Range!.Value.First, request.Range.Value.Last, Bytes.Length + 1),
        ["no Content-Range"] = request => Part(request.Range!.Value.First, request.Range.Value.Last) with { Headers = [] },
        ["416"] = _ => new FaultResponse(416),
        ["403"] = _ => new FaultResponse(403),
    };

    public static TheoryData<string> MangledNames => [.. Mangled.Keys];

    [Fact]
    public async Task Read_SlowBlob_ComesByRangesInOrder()
    {
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, Bytes));
        using var client = new RegistryClient(Options());

        Assert.Equal(Bytes, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        var ranges = server.Asked().Where(request => request.Range is not null).Select(request => request.Range!.Value).OrderBy(range => range.First).ToList();
        Assert.InRange(ranges.Count, 20, 31);
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.Equal(pair.First.Last + 1, pair.Second.First));
        Assert.Equal(Bytes.Length - 1, ranges[^1].Last);
    }

    [Fact]
    public async Task Read_FromAnOffset_ComesByRanges()
    {
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, Bytes));
        using var client = new RegistryClient(Options());

        Assert.Equal(Bytes[123_457..], await (await client.Repository(server).Blobs.OpenReadAsync(Blob, 123_457)).ReadAllAsync());
    }

    [Fact]
    public async Task Read_OneRangeOrSmallOrFast_ComesByOneConnection()
    {
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, Bytes));
        var one = Options();
        one.MaxRangesPerBlob = 1;
        var small = Options();
        small.RangePolicy = small.RangePolicy with { LeastRest = Bytes.Length };
        var fast = Options();
        fast.RangePolicy = fast.RangePolicy with { EnoughRate = 1 };

        foreach (var options in (RegistryClientOptions[])[one, small, fast, new()])
        {
            using var client = new RegistryClient(options);
            Assert.Equal(Bytes, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
        }
        Assert.Equal(4, server.Asked().Length);
    }

    [Theory]
    [MemberData(nameof(MangledNames))]
    public async Task Read_RangesMangled_IsReadWholeAndNotAskedSoAgain(string name)
    {
        await using var server = Registries.Serve(request => request.Range is { First: > 0 } range && range.Last < Bytes.Length - 1
            ? Mangled[name](request)
            : FaultResponse.Blob(request, Bytes));
        using var client = new RegistryClient(Options());
        var blobs = client.Repository(server).Blobs;

        Assert.Equal(Bytes, await (await blobs.OpenReadAsync(Blob)).ReadAllAsync());
        int asked = await SettledAsync(server);
        Assert.Equal(Bytes, await (await blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Equal(asked + 1, await SettledAsync(server));
    }

    // A range that was given up may still be on its way to the server.
    private static async Task<int> SettledAsync(FaultServer server)
    {
        for (int before = -1; ; await Task.Delay(TimeSpan.FromMilliseconds(150)))
        {
            int now = server.Asked().Length;
            if (now == before)
                return now;
            before = now;
        }
    }

    [Fact]
    public async Task Read_RangesBreakOff_EachGoesOnByItself()
    {
        int count = 0;
        await using var server = Registries.Serve(request =>
        {
            var good = FaultResponse.Blob(request, Bytes);
            return request.Range is not null && Interlocked.Increment(ref count) % 3 == 0
                ? good with { EndAfter = good.Body.Length / 2, Ending = FaultEnding.Reset }
                : good;
        });
        var options = Options();
        options.RetryBaseDelay = TimeSpan.FromMilliseconds(1);
        using var client = new RegistryClient(options);

        Assert.Equal(Bytes, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
    }

    [Fact]
    public async Task Read_Redirected_AsksTheStorageAgainAndTheRegistryWhenThatRefuses()
    {
        int served = 0;
        await using var storage = FaultServer.Start(request => Interlocked.Increment(ref served) % 10 == 0 ? new FaultResponse(403) : FaultResponse.Blob(request, Bytes));
        await using var server = Registries.Serve(request => request.Authorization is null
            ? new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"x\"")
            : FaultResponse.Redirect($"{storage.Url}/signed"));
        var options = Options();
        options.Credentials = new StaticCredentialSource(server.Authority, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" });
        using var client = new RegistryClient(options);

        Assert.Equal(Bytes, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.InRange(storage.Requests.Count, 25, 60);
        Assert.All(storage.Requests, request => Assert.Null(request.Authorization));
        // The challenge, the first connection, up to four first ranges, and one after each refusal.
        Assert.InRange(server.Asked().Length, 4, 20);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_InTheMiddle_EndsTheRequests(bool isAsync)
    {
        await using var server = Registries.Serve(request => FaultResponse.Blob(request, Bytes));
        using var client = new RegistryClient(Options());
        var stream = await client.Repository(server).Blobs.OpenReadAsync(Blob);
        await stream.ReadExactlyAsync(new byte[150_000]);

        if (isAsync)
            await stream.DisposeAsync();
        else
            stream.Dispose();

        // What nobody reads is not fetched.
        Assert.InRange(server.Asked().Length, 2, 20);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.ReadExactlyAsync(new byte[1]));
    }

    [Fact]
    public async Task Read_RegistryGone_FailsWithItsName()
    {
        int count = 0;
        await using var server = Registries.Serve(request => Interlocked.Increment(ref count) > 10 ? new FaultResponse(404) : FaultResponse.Blob(request, Bytes));
        using var client = new RegistryClient(Options());

        var failure = await Assert.ThrowsAsync<RegistryException>(
            async () => await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
        Assert.Contains(Blob.Digest.ToString(), failure.Message, StringComparison.Ordinal);
    }

    private static RegistryClientOptions Options() => new()
    {
        RangePolicy = new RangePolicy { BlockSize = BlockSize, LeastRest = 1, Patience = TimeSpan.Zero, EnoughRate = double.MaxValue },
    };

    private static FaultResponse Part(long first, long last, long? size = null) => new(206)
    {
        Body = Bytes.AsMemory((int)first, (int)(last - first + 1)),
        Headers = [("Content-Range", $"bytes {first}-{last}/{size ?? Bytes.Length}")],
    };
}
