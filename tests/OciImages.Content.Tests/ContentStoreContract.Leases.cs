namespace OciImages.Content.Tests;

public abstract partial class ContentStoreContract
{
    private static readonly Digest One = Digest.Compute("1"u8);
    private static readonly Digest Two = Digest.Compute("2"u8, DigestAlgorithm.Sha512);

    [Fact]
    public async Task CreateLease_Defaults_LastsADay()
    {
        await using var lease = await Store.CreateLeaseAsync();
        await using var another = await Store.CreateLeaseAsync();
        var listed = await Other.ListLeasesAsync().ToListAsync();

        Assert.Equal(Start.AddHours(24), lease.ExpiresAt);
        Assert.NotEqual(lease.Id, another.Id);
        Assert.Equal(2, listed.Count);
        Assert.All(listed, info => Assert.Equal((Start, Start.AddHours(24), 0), (info.CreatedAt, info.ExpiresAt, info.Content.Count)));
    }

    [Fact]
    public async Task CreateLease_WithContent_HoldsIt()
    {
        await using var lease = await Store.CreateLeaseAsync(
            new ContentLeaseOptions { Id = "pull-1.a_B", Duration = TimeSpan.FromMinutes(5), Content = [One, Two, One] });
        var info = Assert.Single(await Other.ListLeasesAsync().ToListAsync());

        Assert.Equal("pull-1.a_B", lease.Id);
        Assert.Equal("pull-1.a_B", info.Id);
        Assert.Equal([One, Two], info.Content);
        Assert.Equal(Start.AddMinutes(5), info.ExpiresAt);
    }

    [Fact]
    public async Task CreateLease_SameId_AlreadyExistsUntilItEnds()
    {
        var options = new ContentLeaseOptions { Id = "a", Duration = TimeSpan.FromHours(1) };
        await using var lease = await Store.CreateLeaseAsync(options);
        Assert.Equal(OciErrorKind.AlreadyExists, await KindOfAsync(async () => await Other.CreateLeaseAsync(options)));

        Time.Advance(TimeSpan.FromHours(1));
        await using var second = await Other.CreateLeaseAsync(options);
        await lease.DisposeAsync();
        Assert.Single(await Store.ListLeasesAsync().ToListAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("../a")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public async Task CreateLease_BadId_IsRefused(string id) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CreateLeaseAsync(new ContentLeaseOptions { Id = id }));

    [Fact]
    public async Task CreateLease_NoDuration_IsRefused() => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
        async () => await Store.CreateLeaseAsync(new ContentLeaseOptions { Duration = TimeSpan.Zero }));

    [Fact]
    public async Task CreateLease_EndlessDuration_NeverExpires()
    {
        await using var lease = await Store.CreateLeaseAsync(new ContentLeaseOptions { Duration = TimeSpan.MaxValue });
        Assert.Equal(DateTimeOffset.MaxValue, lease.ExpiresAt);
        Assert.Single(await Other.ListLeasesAsync().ToListAsync());
    }

    [Fact]
    public async Task Add_IsIdempotent()
    {
        await using var lease = await Store.CreateLeaseAsync();
        await lease.AddAsync([One]);
        await lease.AddAsync([Two]);
        await lease.AddAsync([One]);

        Assert.Equal([One, Two], Assert.Single(await Other.ListLeasesAsync().ToListAsync()).Content);
        await Assert.ThrowsAsync<ArgumentException>(async () => await lease.AddAsync([default]));
    }

    [Fact]
    public async Task Add_ByManyAtOnce_LosesNone()
    {
        await using var lease = await Store.CreateLeaseAsync();
        var digests = Enumerable.Range(0, 20).Select(i => Digest.Compute([(byte)i])).ToList();
        await Task.WhenAll(digests.Select(digest => Task.Run(async () => await lease.AddAsync([digest]))));

        Assert.Equal(digests.Order(), Assert.Single(await Other.ListLeasesAsync().ToListAsync()).Content.Order());
    }

    [Fact]
    public async Task Extend_CountsFromNow()
    {
        await using var lease = await Store.CreateLeaseAsync(new ContentLeaseOptions { Duration = TimeSpan.FromHours(1) });
        Time.Advance(TimeSpan.FromMinutes(50));
        await lease.ExtendAsync(TimeSpan.FromHours(1));

        Assert.Equal(Start.AddMinutes(110), lease.ExpiresAt);
        Assert.Equal(Start.AddMinutes(110), Assert.Single(await Other.ListLeasesAsync().ToListAsync()).ExpiresAt);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await lease.ExtendAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task Expired_IsNotListedAndHoldsNothingMore()
    {
        await using var lease = await Store.CreateLeaseAsync(new ContentLeaseOptions { Duration = TimeSpan.FromHours(1) });
        Time.Advance(TimeSpan.FromHours(1));

        Assert.Empty(await Other.ListLeasesAsync().ToListAsync());
        Assert.Equal(OciErrorKind.NotFound, await KindOfAsync(async () => await lease.AddAsync([One])));
        Assert.Equal(OciErrorKind.NotFound, await KindOfAsync(async () => await lease.ExtendAsync(TimeSpan.FromHours(1))));
    }

    [Fact]
    public async Task Dispose_Releases()
    {
        var lease = await Store.CreateLeaseAsync(new ContentLeaseOptions { Id = "a", Content = [One] });
        await lease.DisposeAsync();
        await lease.DisposeAsync();

        Assert.Empty(await Other.ListLeasesAsync().ToListAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await lease.AddAsync([One]));
        await using var again = await Other.CreateLeaseAsync(new ContentLeaseOptions { Id = "a" });
    }

    [Fact]
    public async Task FindLease_OfAnother_IsChangedAndReleasedThere()
    {
        var lease = await Store.CreateLeaseAsync(new ContentLeaseOptions { Id = "a", Content = [One], Duration = TimeSpan.FromHours(1) });
        var found = await Other.FindLeaseAsync("a");
        await found!.AddAsync([Two]);
        await found.ExtendAsync(TimeSpan.FromHours(3));
        var third = Digest.Compute("3"u8);
        await lease.AddAsync([third]);

        Assert.Equal([One, Two, third], Assert.Single(await Store.ListLeasesAsync().ToListAsync()).Content);
        Assert.Equal(Start.AddHours(3), lease.ExpiresAt);
        await found.DisposeAsync();
        Assert.Empty(await Store.ListLeasesAsync().ToListAsync());
        Assert.Equal(OciErrorKind.NotFound, await KindOfAsync(async () => await lease.AddAsync([One])));
        await using var again = await Other.CreateLeaseAsync(new ContentLeaseOptions { Id = "b" });
        await lease.DisposeAsync();
        Assert.Single(await Store.ListLeasesAsync().ToListAsync());
    }

    [Fact]
    public async Task FindLease_NoneOrOver_IsNull()
    {
        Assert.Null(await Store.FindLeaseAsync("a"));
        await using var lease = await Store.CreateLeaseAsync(new ContentLeaseOptions { Id = "a", Duration = TimeSpan.FromHours(1) });
        Assert.NotNull(await Other.FindLeaseAsync("a"));
        Time.Advance(TimeSpan.FromHours(1));

        Assert.Null(await Other.FindLeaseAsync("a"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.FindLeaseAsync("../a"));
    }

    [Fact]
    public async Task EndsWithProcess_WhileTheProcessLives_HoldsAsAny()
    {
        await using (var lease = await Store.CreateLeaseAsync(new ContentLeaseOptions { Id = "a", EndsWithProcess = true, Content = [One] }))
        {
            Assert.Equal([One], Assert.Single(await Other.ListLeasesAsync().ToListAsync()).Content);
            Assert.Equal(OciErrorKind.AlreadyExists, await KindOfAsync(async () => await Other.CreateLeaseAsync(new ContentLeaseOptions { Id = "a" })));
            await lease.AddAsync([Two]);
            Assert.Equal([One, Two], Assert.Single(await Other.ListLeasesAsync().ToListAsync()).Content);
        }
        Assert.Empty(await Other.ListLeasesAsync().ToListAsync());
        await using var again = await Other.CreateLeaseAsync(new ContentLeaseOptions { Id = "a", EndsWithProcess = true });
    }
}
