using OciImages.Registry.Blobs;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Blobs;

/// <summary>Large blobs by several connections where mirrors answer.</summary>
public class MirroredRangeTests
{
    private static readonly byte[] Bytes = Registries.Bytes(1_200_000);

    private static readonly Descriptor Blob = Registries.Blob(Bytes);

    [Fact]
    public async Task Read_MirrorServesRanges_RegistryIsNotAsked()
    {
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(Good);
        using var client = Client(origin, mirror);

        Assert.Equal(Bytes, await ReadAsync(client, origin));

        Assert.Empty(origin.Asked());
        Assert.InRange(mirror.Asked().Count(request => request.Range is not null), 20, 61);
    }

    [Fact]
    public async Task Read_MirrorRefusesSomeRanges_RegistryGivesThese()
    {
        int count = 0;
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(request => Interlocked.Increment(ref count) % 10 == 0 ? new FaultResponse(404) : Good(request));
        using var client = Client(origin, mirror);

        Assert.Equal(Bytes, await ReadAsync(client, origin));

        Assert.InRange(origin.Asked().Length, 2, 7);
        Assert.All(origin.Asked(), request => Assert.NotNull(request.Range));
    }

    [Theory]
    [InlineData("ignored")]
    [InlineData("another start")]
    [InlineData("another end")]
    [InlineData("no Content-Range")]
    [InlineData("416")]
    public async Task Read_MirrorManglesRanges_IsReadWholeAndMirrorIsNotAskedSoAgain(string name)
    {
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(request => request.Range is { } range && range.Last < Bytes.Length - 1 ? Mangle(name, request) : Good(request));
        using var client = Client(origin, mirror);

        Assert.Equal(Bytes, await ReadAsync(client, origin));
        Assert.Equal(Bytes, await ReadAsync(client, origin));

        Assert.Equal(2, mirror.Asked().Count(request => request.Range is null));
        Assert.InRange(mirror.Asked().Count(request => request.Range is not null), 1, 20);
    }

    [Fact]
    public async Task Read_MirrorRedirects_StorageServesTheNextRanges()
    {
        await using var storage = FaultServer.Start(Good);
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(_ => FaultResponse.Redirect($"{storage.Url}/signed"));
        using var client = Client(origin, mirror);

        Assert.Equal(Bytes, await ReadAsync(client, origin));

        Assert.Empty(origin.Asked());
        Assert.InRange(mirror.Asked().Length, 2, 10);
        Assert.InRange(storage.Requests.Count, 20, 65);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(403)]
    public async Task Read_MirrorsStorageFails_RegistryGivesTheRest(int status)
    {
        int count = 0;
        await using var storage = FaultServer.Start(request => Interlocked.Increment(ref count) > 10 ? new FaultResponse(status) : Good(request));
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(_ => FaultResponse.Redirect($"{storage.Url}/signed"));
        using var client = Client(origin, mirror);

        Assert.Equal(Bytes, await ReadAsync(client, origin));

        Assert.NotEmpty(origin.Asked());
    }

    [Fact]
    public async Task Read_MirrorServesPoisonByRanges_IsSetAside()
    {
        byte[] poison = Bytes[..^1];
        poison = [.. poison, (byte)(Bytes[^1] ^ 1)];
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(request => FaultResponse.Blob(request, poison));
        using var client = Client(origin, mirror);

        // Whoever reads hashes, and asks again.
        Assert.Equal(poison, await ReadAsync(client, origin));
        int asked = mirror.Asked().Length;
        Assert.Equal(Bytes, await ReadAsync(client, origin));

        Assert.InRange(asked, 20, 62);
        Assert.Equal(asked, mirror.Asked().Length);
    }

    private static Task<byte[]> ReadAsync(RegistryClient client, FaultServer origin) => ReadAsync(client.Repository(origin).Blobs);

    private static async Task<byte[]> ReadAsync(IBlobOperations blobs) => await (await blobs.OpenReadAsync(Blob)).ReadAllAsync();

    private static RegistryClient Client(FaultServer origin, FaultServer mirror)
    {
        var options = new RegistryClientOptions
        {
            RetryBaseDelay = TimeSpan.FromMilliseconds(1),
            RangePolicy = new RangePolicy { BlockSize = 20_000, LeastRest = 1, Patience = TimeSpan.Zero, EnoughRate = double.MaxValue },
        };
        options.Mirrors.Add(new RegistryMirror(origin.Authority, mirror.Url));
        return new RegistryClient(options);
    }

    private static FaultResponse Good(FaultRequest request) => FaultResponse.Blob(request, Bytes);

    private static FaultResponse Mangle(string name, FaultRequest request)
    {
        var (first, last) = request.Range!.Value;
        return name switch
        {
            "ignored" => new FaultResponse { Body = Bytes },
            "another start" => Part(first + 1, last),
            "another end" => Part(first, last - 1),
            "no Content-Range" => Part(first, last) with { Headers = [] },
            _ => new FaultResponse(416),
        };
    }

    private static FaultResponse Part(long first, long last) => new(206)
    {
        Body = Bytes.AsMemory((int)first, (int)(last - first + 1)),
        Headers = [("Content-Range", $"bytes {first}-{last}/{Bytes.Length}")],
    };
}
