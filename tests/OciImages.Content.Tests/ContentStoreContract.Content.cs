namespace OciImages.Content.Tests;

public abstract partial class ContentStoreContract
{
    private static readonly Digest Absent = Digest.Compute("absent"u8);

    [Fact]
    public async Task EmptyStore_HasNothing()
    {
        Assert.Null(await Store.FindAsync(Absent));
        Assert.Equal(OciErrorKind.NotFound, await KindOfAsync(async () => await Store.OpenReadAsync(Absent)));
        Assert.Equal(
            OciErrorKind.NotFound, await KindOfAsync(async () => await Store.UpdateLabelsAsync(Absent, new Dictionary<string, string?>())));
        Assert.False(await Store.DeleteAsync(Absent));
        Assert.Empty(await Store.ListAsync().ToListAsync());
        Assert.Empty(await Store.ListIngestsAsync().ToListAsync());
        Assert.Empty(await Store.ListLeasesAsync().ToListAsync());
        await Store.AbortAsync("a");
    }

    [Fact]
    public async Task EmptyDigest_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.FindAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.OpenReadAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.DeleteAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.UpdateLabelsAsync(default, new Dictionary<string, string?>()));
    }

    [Fact]
    public async Task OpenRead_IsSeekable()
    {
        byte[] content = Bytes(1000);
        var info = await AddAsync(Store, content);
        await using var stream = await Store.OpenReadAsync(info.Digest);

        Assert.True(stream.CanSeek);
        Assert.Equal(0, stream.Position);
        Assert.Equal(1000, stream.Length);
        stream.Seek(990, SeekOrigin.Begin);
        Assert.Equal(content[990..], await ReadAsync(stream));
        Assert.False(stream.CanWrite);
    }

    [Fact]
    public async Task Delete_WhileRead_ReaderReadsOn()
    {
        byte[] content = Bytes(500_000);
        var info = await AddAsync(Store, content);
        await using var stream = await Store.OpenReadAsync(info.Digest);
        stream.ReadByte();

        Assert.True(await Other.DeleteAsync(info.Digest));
        Assert.Null(await Store.FindAsync(info.Digest));
        Assert.False(await Store.DeleteAsync(info.Digest));
        Assert.Equal(content[1..], await ReadAsync(stream));
    }

    [Fact]
    public async Task Delete_ThenCommitAgain_HasNoOldLabels()
    {
        var info = await AddAsync("x");
        await Store.UpdateLabelsAsync(info.Digest, new Dictionary<string, string?> { ["old"] = "1" });
        await Store.DeleteAsync(info.Digest);
        Time.Advance(TimeSpan.FromMinutes(1));
        var again = await AddAsync("x");

        Assert.Empty(again.Labels);
        Assert.Equal(Start.AddMinutes(1), again.CreatedAt);
    }

    [Fact]
    public async Task UpdateLabels_SetsRemovesAndKeepsOthers()
    {
        var info = await AddAsync("x");
        await Store.UpdateLabelsAsync(info.Digest, new Dictionary<string, string?> { ["a"] = "1", ["b"] = "2", ["ключ"] = "\"<&>\n" });
        var updated = await Other.UpdateLabelsAsync(info.Digest, new Dictionary<string, string?> { ["a"] = null, ["b"] = "3", ["none"] = null });
        var expected = new Dictionary<string, string> { ["b"] = "3", ["ключ"] = "\"<&>\n" };

        Assert.Equal(expected, updated.Labels);
        Assert.Equal(expected, (await Store.FindAsync(info.Digest))!.Labels);
        Assert.Equal(expected, Assert.Single(await Store.ListAsync().ToListAsync()).Labels);
        Assert.Empty((await Store.UpdateLabelsAsync(info.Digest, new Dictionary<string, string?> { ["b"] = null, ["ключ"] = null })).Labels);
        Assert.Empty((await Other.FindAsync(info.Digest))!.Labels);
    }

    [Fact]
    public async Task UpdateLabels_ByManyAtOnce_LosesNone()
    {
        var info = await AddAsync("x");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () => await (i % 2 == 0 ? Store : Other)
            .UpdateLabelsAsync(info.Digest, new Dictionary<string, string?> { [$"k{i}"] = "v" }))));

        Assert.Equal(20, (await Store.FindAsync(info.Digest))!.Labels.Count);
    }

    [Fact]
    public async Task List_GivesAll()
    {
        var digests = new List<Digest>();
        for (int i = 0; i < 20; i++)
            digests.Add((await AddAsync($"content {i}")).Digest);

        Assert.Equal(digests.Order(), (await Other.ListAsync().ToListAsync()).Select(info => info.Digest).Order());
    }

    [Fact]
    public async Task List_Cancelled_Throws()
    {
        await AddAsync("x");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.ListAsync(new CancellationToken(true)).ToListAsync());
    }

    [Fact]
    public async Task List_Filtered_GivesWhatPassesAll()
    {
        var first = await AddAsync("1");
        Time.Advance(TimeSpan.FromHours(1));
        var second = await AddAsync("22");
        await Store.UpdateLabelsAsync(second.Digest, new Dictionary<string, string?> { ["kind"] = "b", ["x"] = "" });
        Time.Advance(TimeSpan.FromHours(1));
        var third = await AddAsync("333");
        await Store.UpdateLabelsAsync(third.Digest, new Dictionary<string, string?> { ["kind"] = "c" });

        await GivesAsync(new ContentFilter(), first, second, third);
        await GivesAsync(new ContentFilter { DigestPrefix = second.Digest.ToString()[..20] }, second);
        await GivesAsync(new ContentFilter { DigestPrefix = "sha512:" });
        await GivesAsync(new ContentFilter { MinSize = 2 }, second, third);
        await GivesAsync(new ContentFilter { MaxSize = 2 }, first, second);
        await GivesAsync(new ContentFilter { CommittedSince = Start.AddHours(1) }, second, third);
        await GivesAsync(new ContentFilter { CommittedBefore = Start.AddHours(1) }, first);
        await GivesAsync(new ContentFilter { Labels = Label("kind", null) }, second, third);
        await GivesAsync(new ContentFilter { Labels = Label("kind", "c") }, third);
        await GivesAsync(new ContentFilter { Labels = Label("x", "") }, second);
        await GivesAsync(new ContentFilter { Labels = Label("kind", null), MaxSize = 2, CommittedBefore = Start.AddHours(2) }, second);
        Assert.Equal(3, await Other.ListDigestsAsync().CountAsync());

        async Task GivesAsync(ContentFilter filter, params ContentInfo[] expected) => Assert.Equal(
            expected.Select(info => info.Digest).Order(), (await Other.ListAsync(filter).ToListAsync()).Select(info => info.Digest).Order());

        static Dictionary<string, string?> Label(string key, string? value) => new() { [key] = value };
    }
}
