using OciImages.Content.Local;
using OciImages.TestSupport;

namespace OciImages.Content.Tests.Local;

/// <summary>Several processes on one store.</summary>
public sealed class LocalContentStoreProcessTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly LocalContentStore _store;

    public LocalContentStoreProcessTests() => _store = new LocalContentStore(_directory["store"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task OpenWriter_HeldByAnotherProcess_NamesIt()
    {
        using var child = ChildProcess.StartTestHost(_store.Root, "a", 1000);
        Assert.Equal("open 1000", await child.ReadLineAsync());
        var failure = await Assert.ThrowsAsync<OciException>(async () => await _store.OpenWriterAsync("a"));

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Contains($"process {child.Id} ", failure.Message);
        Assert.True(Assert.Single(await _store.ListIngestsAsync().ToListAsync()).IsOpen);
        Assert.Equal(OciErrorKind.Unavailable, (await Assert.ThrowsAsync<OciException>(async () => await _store.AbortAsync("a"))).Kind);
        Assert.Equal($"committed {Digest.Compute(Pattern(1000))}", await child.SayAsync("commit"));
        Assert.Equal(0, await child.WaitAsync());
        Assert.NotNull(await _store.FindAsync(Digest.Compute(Pattern(1000))));
        await using var writer = await _store.OpenWriterAsync("a");
    }

    [Fact]
    public async Task OpenWriter_AfterTheWriterWasKilled_Resumes()
    {
        const int Written = 3 << 20;
        byte[] content = Pattern(Written + 1000);
        using (var child = ChildProcess.StartTestHost(_store.Root, "a", Written))
        {
            Assert.Equal($"open {Written}", await child.ReadLineAsync());
            Assert.Equal("leased", await child.SayAsync("lease of-the-killed"));
            await child.KillAsync();
        }
        Assert.False(Assert.Single(await _store.ListIngestsAsync().ToListAsync()).IsOpen);
        Assert.Equal("of-the-killed", Assert.Single(await _store.ListLeasesAsync().ToListAsync()).Id);
        await using var writer = await _store.OpenWriterAsync("a");

        Assert.Equal(Written, writer.Offset);
        await writer.Output.WriteAsync(content.AsMemory(Written));
        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync(content.Length, Digest.Compute(content))).Digest);
    }

    [Fact]
    public async Task OpenWriter_KilledWhileWriting_LeavesAPrefix()
    {
        using (var child = ChildProcess.StartTestHost(_store.Root, "a", long.MaxValue))
        {
            while (await _store.ListIngestsAsync().FirstOrDefaultAsync() is not { Offset: > 1 << 20 })
                await Task.Yield();
            await child.KillAsync();
        }
        await using var writer = await _store.OpenWriterAsync("a");
        byte[] content = Pattern((int)writer.Offset);

        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync(content.Length, Digest.Compute(content))).Digest);
    }

    [Fact]
    public async Task Commit_SameContentInAnotherProcess_BothSucceed()
    {
        using var child = ChildProcess.StartTestHost(_store.Root, "a", 1000);
        Assert.Equal("open 1000", await child.ReadLineAsync());
        await using var writer = await _store.OpenWriterAsync("b");
        await writer.Output.WriteAsync(Pattern(1000));
        var digest = (await writer.CommitAsync()).Digest;

        Assert.Equal($"committed {digest}", await child.SayAsync("commit"));
        Assert.Single(await _store.ListAsync().ToListAsync());
        Assert.Empty(await _store.ListIngestsAsync().ToListAsync());
    }

    [Fact]
    public async Task TwoProcesses_BesideACollector_LoseNothing()
    {
        using var first = ChildProcess.StartHost(_store.Root, "--hammer", "101", "60");
        using var second = ChildProcess.StartHost(_store.Root, "--hammer", "102", "60");
        string[] lines = await Task.WhenAll(first.ReadToEndAsync(), second.ReadToEndAsync());

        Assert.Equal((0, 0), (await first.WaitAsync(), await second.WaitAsync()));
        var told = new Acknowledged();
        foreach (string line in lines.SelectMany(output => output.Split('\n')))
            told.Take(line);
        await told.VerifyAsync(_store, 101);
        Assert.Empty(await _store.CheckAsync(new LocalCheckOptions { Deep = true }).ToListAsync());
        Assert.Empty(Directory.GetFiles(_store.Root, ".tmp-*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Change_LockHeldByAnotherProcess_NamesIt()
    {
        await (await _store.CreateLeaseAsync()).DisposeAsync();
        using var child = ChildProcess.StartHost(Path.Combine(_store.Root, "leases", ".lock"), "--hold");
        Assert.Equal("held", await child.ReadLineAsync());
        var impatient = new LocalContentStore(_store.Root, new LocalContentStoreOptions { LockTimeout = TimeSpan.Zero });
        var failure = await Assert.ThrowsAsync<StorageException>(async () => await impatient.CreateLeaseAsync());

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Contains($"process {child.Id} ", failure.Message);
        Assert.Equal(0, await child.WaitAsync());
        await using var lease = await impatient.CreateLeaseAsync();
    }

    [Fact]
    public async Task LeaseThatEndsWithItsProcess_IsOverWhenThatIsKilled()
    {
        using var child = ChildProcess.StartTestHost(_store.Root, "a", 1);
        Assert.Equal("open 1", await child.ReadLineAsync());
        Assert.Equal("leased", await child.SayAsync("lease bound process"));
        Assert.Equal("bound", Assert.Single(await _store.ListLeasesAsync().ToListAsync()).Id);
        Assert.NotNull(await _store.FindLeaseAsync("bound"));
        await child.KillAsync();

        Assert.Empty(await _store.ListLeasesAsync().ToListAsync());
        Assert.Null(await _store.FindLeaseAsync("bound"));
        await using var again = await _store.CreateLeaseAsync(new ContentLeaseOptions { Id = "bound" });
    }

    private static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)(i % 251);
        return bytes;
    }
}
