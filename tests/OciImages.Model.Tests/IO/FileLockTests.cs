using OciImages.IO;
using OciImages.TestSupport;

namespace OciImages.Tests.IO;

public sealed class FileLockTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TryAcquire_Held_GivesNullUntilReleased()
    {
        string path = _directory["lock"];
        var held = FileLock.TryAcquire(path);

        Assert.NotNull(held);
        Assert.Null(FileLock.TryAcquire(path));
        Assert.StartsWith($"process {Environment.ProcessId} (", FileLock.DescribeHolder(path));
        held.Dispose();
        held.Dispose();
        using var again = FileLock.TryAcquire(path);
        Assert.NotNull(again);
    }

    [Fact]
    public void TryAcquire_NoDirectory_SaysSo()
    {
        var failure = Assert.Throws<StorageException>(() => FileLock.TryAcquire(_directory["none/lock"]));
        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
        Assert.Equal(_directory["none/lock"], failure.Path);
    }

    [Fact]
    public async Task Acquire_Held_NamesTheHolder()
    {
        string path = _directory["lock"];
        using var held = FileLock.TryAcquire(path);
        var failure = await Assert.ThrowsAsync<StorageException>(async () => await FileLock.AcquireAsync(path, TimeSpan.Zero));

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Contains($"is held by process {Environment.ProcessId} (", failure.Message);
    }

    [Fact]
    public async Task Acquire_Released_GetsIt()
    {
        string path = _directory["lock"];
        var held = FileLock.TryAcquire(path);
        var waiting = FileLock.AcquireAsync(path, TimeSpan.FromMinutes(1)).AsTask();
        Assert.False(waiting.IsCompleted);
        held!.Dispose();
        using var acquired = await waiting;
        Assert.Null(FileLock.TryAcquire(path));
    }

    [Fact]
    public void DescribeHolder_NoFile_IsAnotherProcess() => Assert.Equal("another process", FileLock.DescribeHolder(_directory["none"]));

    [Fact]
    public async Task StoreLock_ExcludesTasksAndOtherInstances()
    {
        int inside = 0;
        StoreLock[] locks = [new(_directory["lock"], TimeSpan.FromMinutes(1)), new(_directory["lock"], TimeSpan.FromMinutes(1))];
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            using var hold = await locks[i % 2].AcquireAsync();
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        })));
    }

    [Fact]
    public async Task StoreLock_FailedWait_DoesNotBlockTheNext()
    {
        var storeLock = new StoreLock(_directory["lock"], TimeSpan.Zero);
        using (FileLock.TryAcquire(_directory["lock"]))
            await Assert.ThrowsAsync<StorageException>(async () => await storeLock.AcquireAsync());
        var hold = await storeLock.AcquireAsync();
        hold.Dispose();
        hold.Dispose();
        using var again = await storeLock.AcquireAsync();
    }

    [Fact]
    public void DurableDirectory_MakesWhatIsMissing()
    {
        DurableDirectory.Create(_directory["a/b/c/"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DurableDirectory.Create(_directory["a/b/c"], UnixFileMode.UserRead);

        Assert.True(Directory.Exists(_directory["a/b/c"]));
        File.WriteAllText(_directory["file"], "");
        Assert.Throws<StorageException>(() => DurableDirectory.Create(_directory["file/d"], UnixFileMode.UserRead));
    }
}
