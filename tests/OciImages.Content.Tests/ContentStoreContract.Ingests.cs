namespace OciImages.Content.Tests;

public abstract partial class ContentStoreContract
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData(1_000_003)]
    public async Task Commit_WhatWasWritten_IsReadBack(int length)
    {
        byte[] content = Bytes(length);
        var info = await AddAsync(Store, content);

        Assert.Equal(Digest.Compute(content), info.Digest);
        Assert.Equal(length, info.Size);
        Assert.Equal(Start, info.CreatedAt);
        Assert.Empty(info.Labels);
        Assert.Equal(content, await ReadAsync(Other, info.Digest));
    }

    [Fact]
    public async Task Write_ByEveryOverload_Appends()
    {
        byte[] content = Bytes(200_000);
        await using var writer = await Store.OpenWriterAsync("a");
        writer.Output.Write(content.AsSpan(0, 10));
        writer.Output.Write(content, 10, 40_000);
        writer.Output.WriteByte(content[40_010]);
        await writer.Output.WriteAsync(content.AsMemory(40_011, 100_000));
#pragma warning disable CA1835 // the overload is what is tested
        await writer.Output.WriteAsync(content, 140_011, 59_989);
#pragma warning restore CA1835
        await writer.Output.WriteAsync(ReadOnlyMemory<byte>.Empty);
        await writer.Output.FlushAsync();

        Assert.Equal(content.Length, writer.Offset);
        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync()).Digest);
    }

    [Fact]
    public async Task Output_IsNotSeekableAndSurvivesDispose()
    {
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.Output.DisposeAsync();
        await writer.Output.WriteAsync(Bytes(3));

        Assert.False(writer.Output.CanSeek);
        Assert.False(writer.Output.CanRead);
        Assert.True(writer.Output.CanWrite);
        Assert.Throws<NotSupportedException>(() => writer.Output.Position);
        Assert.Equal(3, writer.Offset);
    }

    [Fact]
    public async Task Uncommitted_IsInvisible()
    {
        byte[] content = Bytes(100);
        var digest = Digest.Compute(content);
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.Output.WriteAsync(content);

        Assert.Null(await Other.FindAsync(digest));
        Assert.Equal(OciErrorKind.NotFound, await KindOfAsync(async () => await Other.OpenReadAsync(digest)));
        Assert.Empty(await Other.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task Dispose_WithoutCommit_KeepsDataForALaterWriter()
    {
        byte[] content = Bytes(100_000);
        await using (var writer = await Store.OpenWriterAsync("a"))
            await writer.Output.WriteAsync(content.AsMemory(0, 70_000));
        await using var resumed = await Other.OpenWriterAsync("a");

        Assert.Equal(70_000, resumed.Offset);
        await resumed.Output.WriteAsync(content.AsMemory(70_000));
        Assert.Equal(Digest.Compute(content), (await resumed.CommitAsync(100_000, Digest.Compute(content))).Digest);
        Assert.Equal(content, await ReadAsync(Store, Digest.Compute(content)));
    }

    [Fact]
    public async Task OpenWriter_WhileOpen_IsUnavailable()
    {
        await using var writer = await Store.OpenWriterAsync("a");

        Assert.Equal(OciErrorKind.Unavailable, await KindOfAsync(async () => await Store.OpenWriterAsync("a")));
        Assert.Equal(OciErrorKind.Unavailable, await KindOfAsync(async () => await Other.OpenWriterAsync("a")));
        await using var another = await Other.OpenWriterAsync("b");
    }

    [Fact]
    public async Task OpenWriter_AfterDispose_Opens()
    {
        var first = await Store.OpenWriterAsync("a");
        await first.DisposeAsync();
        await first.DisposeAsync();
        await using var second = await Store.OpenWriterAsync("a");

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await first.Output.WriteAsync(Bytes(1)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await first.CommitAsync());
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("layer-sha256:abc")]
    [InlineData("a/b\\c\0d\n")]
    [InlineData("名前 😀")]
    public async Task OpenWriter_AnyId_IsListedAsGiven(string id)
    {
        await using (var writer = await Store.OpenWriterAsync(id))
        {
            Assert.Equal(id, writer.IngestId);
            await writer.Output.WriteAsync(Bytes(5));
        }
        var status = Assert.Single(await Other.ListIngestsAsync().ToListAsync());

        Assert.Equal(id, status.IngestId);
        Assert.Equal(5, status.Offset);
        Assert.Equal(Start, status.StartedAt);
    }

    [Fact]
    public async Task OpenWriter_BadId_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.OpenWriterAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.OpenWriterAsync(new string('x', 257)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.OpenWriterAsync("\ud800"));
        await using var longest = await Store.OpenWriterAsync(new string('字', 256));
    }

    [Fact]
    public async Task Commit_OtherSize_DropsDataAndFreesId()
    {
        var writer = await Store.OpenWriterAsync("a");
        await writer.Output.WriteAsync(Bytes(10));
        var failure = await Assert.ThrowsAnyAsync<OciException>(async () => await writer.CommitAsync(11));

        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
        Assert.Contains("10 bytes where 11", failure.Message);
        Assert.Empty(await Store.ListIngestsAsync().ToListAsync());
        await using var again = await Store.OpenWriterAsync("a");
        Assert.Equal(0, again.Offset);
        await writer.DisposeAsync();
        Assert.Equal(OciErrorKind.Unavailable, await KindOfAsync(async () => await Store.OpenWriterAsync("a")));
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Commit_OtherDigest_DropsDataAndFreesId(string algorithm)
    {
        Assert.True(DigestAlgorithm.TryGet(algorithm, out var hash));
        byte[] content = Bytes(10);
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.Output.WriteAsync(content);
        var failure = await Assert.ThrowsAnyAsync<OciException>(async () => await writer.CommitAsync(10, Digest.Compute(Bytes(10, 2), hash)));

        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
        Assert.Contains(Digest.Compute(content, hash).ToString(), failure.Message);
        Assert.Null(await Store.FindAsync(Digest.Compute(content)));
        await using var again = await Store.OpenWriterAsync("a");
        Assert.Equal(0, again.Offset);
    }

    [Fact]
    public async Task Commit_Sha512Digest_IsStoredUnderIt()
    {
        byte[] content = Bytes(300_000);
        var digest = Digest.Compute(content, DigestAlgorithm.Sha512);
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.Output.WriteAsync(content);
        var info = await writer.CommitAsync(content.Length, digest);

        Assert.Equal(digest, info.Digest);
        Assert.Equal(content, await ReadAsync(Other, digest));
        Assert.Null(await Store.FindAsync(Digest.Compute(content)));
        Assert.Equal(digest, Assert.Single(await Store.ListAsync().ToListAsync()).Digest);
    }

    [Fact]
    public async Task Commit_ExistingContent_IsSuccess()
    {
        byte[] content = Bytes(1000);
        var first = await AddAsync(Store, content);
        await Store.UpdateLabelsAsync(first.Digest, new Dictionary<string, string?> { ["k"] = "v" });
        Time.Advance(TimeSpan.FromHours(1));
        var second = await AddAsync(Other, content, "other");

        Assert.Equal(Start, second.CreatedAt);
        Assert.Equal("v", second.Labels["k"]);
        Assert.Empty(await Store.ListIngestsAsync().ToListAsync());
        Assert.Equal(content, await ReadAsync(Store, first.Digest));
    }

    [Fact]
    public async Task Commit_SameContentByManyAtOnce_AllSucceed()
    {
        byte[] content = Bytes(200_000);
        var infos = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Task.Run(() => AddAsync(i % 2 == 0 ? Store : Other, content, $"writer {i}"))));

        Assert.All(infos, info => Assert.Equal(Digest.Compute(content), info.Digest));
        Assert.Equal(content, await ReadAsync(Store, infos[0].Digest));
        Assert.Single(await Store.ListAsync().ToListAsync());
        Assert.Empty(await Store.ListIngestsAsync().ToListAsync());
    }

    [Fact]
    public async Task Commit_Twice_IsRefused()
    {
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.Output.WriteAsync(Bytes(1));
        await writer.CommitAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.CommitAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.Output.WriteAsync(Bytes(1)));
        Assert.Equal(1, writer.Offset);
    }

    [Fact]
    public async Task Commit_Cancelled_KeepsTheIngest()
    {
        byte[] content = Bytes(10);
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.Output.WriteAsync(content);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await writer.CommitAsync(cancellationToken: new CancellationToken(true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await writer.Output.WriteAsync(content, new CancellationToken(true)));

        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync()).Digest);
    }

    [Fact]
    public async Task OpenWritten_AfterResume_GivesAllFromTheStart()
    {
        byte[] content = Bytes(100_000);
        await using (var first = await Store.OpenWriterAsync("a"))
            await first.Output.WriteAsync(content.AsMemory(0, 60_000));
        await using var writer = await Store.OpenWriterAsync("a");
        await using (var written = await writer.OpenWrittenAsync())
            Assert.Equal(content[..60_000], await ReadAsync(written));
        await writer.Output.WriteAsync(content.AsMemory(60_000));
        await using (var written = await writer.OpenWrittenAsync())
            Assert.Equal(content, await ReadAsync(written));

        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync()).Digest);
    }

    [Fact]
    public async Task Restart_ThrowsDataAway()
    {
        byte[] content = Bytes(50);
        await using (var first = await Store.OpenWriterAsync("a"))
            await first.Output.WriteAsync(Bytes(100, 7));
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.RestartAsync();

        Assert.Equal(0, writer.Offset);
        await writer.Output.WriteAsync(content);
        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync(50)).Digest);
    }

    [Fact]
    public async Task ListIngests_SaysWhatIsOpen()
    {
        await using (var left = await Store.OpenWriterAsync("left"))
            await left.Output.WriteAsync(Bytes(2));
        await using var open = await Store.OpenWriterAsync("open");
        await open.Output.WriteAsync(Bytes(3));
        var ingests = await Other.ListIngestsAsync().OrderBy(status => status.IngestId).ToListAsync();

        Assert.Equal(["left", "open"], ingests.Select(status => status.IngestId));
        Assert.Equal([2L, 3L], ingests.Select(status => status.Offset));
        Assert.Equal([false, true], ingests.Select(status => status.IsOpen));
    }

    [Fact]
    public async Task Abort_LeftIngest_ThrowsDataAway()
    {
        await using (var left = await Store.OpenWriterAsync("a"))
            await left.Output.WriteAsync(Bytes(2));
        await Other.AbortAsync("a");
        await Other.AbortAsync("a");
        await Other.AbortAsync("never there");

        Assert.Empty(await Store.ListIngestsAsync().ToListAsync());
        await using var writer = await Store.OpenWriterAsync("a");
        Assert.Equal(0, writer.Offset);
    }

    [Fact]
    public async Task Abort_OpenIngest_IsUnavailable()
    {
        byte[] content = Bytes(2);
        await using var writer = await Store.OpenWriterAsync("a");
        await writer.Output.WriteAsync(content);

        Assert.Equal(OciErrorKind.Unavailable, await KindOfAsync(async () => await Other.AbortAsync("a")));
        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync()).Digest);
    }
}
