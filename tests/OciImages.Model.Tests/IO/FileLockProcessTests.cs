using System.Diagnostics;
using OciImages.IO;
using OciImages.TestSupport;

namespace OciImages.Tests.IO;

/// <summary>A lock that another process holds; the other program is a shell with flock(1).</summary>
public sealed class FileLockProcessTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Path => _directory["lock"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TryAcquire_TwoInstances_ExcludeEachOther()
    {
        var first = FileLock.TryAcquire(Path);
        Assert.NotNull(first);
        Assert.Null(FileLock.TryAcquire(Path));
        first.Dispose();
        first.Dispose();
        using var second = FileLock.TryAcquire(Path);
        Assert.NotNull(second);
    }

    [Fact]
    public void TryAcquireExisting_SharedAndExclusive_ExcludeEachOtherAndLeaveTheContent()
    {
        File.WriteAllText(Path, "content");
        var first = FileLock.TryAcquireExisting(Path, FileLockMode.Shared);
        var second = FileLock.TryAcquireExisting(Path, FileLockMode.Shared);
        Assert.NotNull(first);
        Assert.NotNull(second);
        first.Dispose();
        Assert.Null(FileLock.TryAcquireExisting(Path, FileLockMode.Exclusive));
        second.Dispose();

        using (var alone = FileLock.TryAcquireExisting(Path, FileLockMode.Exclusive))
        {
            Assert.NotNull(alone);
            Assert.Null(FileLock.TryAcquireExisting(Path, FileLockMode.Shared));
            Assert.Null(FileLock.TryAcquireExisting(Path, FileLockMode.Exclusive));
            using var read = FileLock.OpenUnlocked(Path);
            Span<byte> content = stackalloc byte[20];
            Assert.Equal("content"u8, content[..RandomAccess.Read(read, content, 0)]);
        }
        Assert.Equal("content", File.ReadAllText(Path));
    }

    [Fact]
    public void TryAcquireExisting_NoFile_IsNotFoundAndMakesNone()
    {
        foreach (var mode in Enum.GetValues<FileLockMode>())
            Assert.Equal(OciErrorKind.NotFound, Assert.Throws<StorageException>(() => FileLock.TryAcquireExisting(Path, mode)).Kind);
        Assert.Equal(OciErrorKind.NotFound, Assert.Throws<StorageException>(() => FileLock.OpenUnlocked(Path)).Kind);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public async Task TryAcquireExisting_OtherProcessShares_FollowsItsEnd()
    {
        Peers.Require("flock");
        File.WriteAllText(Path, "");
        using var child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec 9<\"$1\"; flock -s 9; echo held; read -r line", "sh", Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("held", await child.StandardOutput.ReadLineAsync());
            using var shared = FileLock.TryAcquireExisting(Path, FileLockMode.Shared);
            Assert.NotNull(shared);
            shared.Dispose();
            Assert.Null(FileLock.TryAcquireExisting(Path, FileLockMode.Exclusive));
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync();
        }
        using var taken = FileLock.TryAcquireExisting(Path, FileLockMode.Exclusive);
        Assert.NotNull(taken);
    }

    [Fact]
    public async Task AcquireAsync_Cancelled_Stops()
    {
        using var held = FileLock.TryAcquire(Path);
        using var cancellation = new CancellationTokenSource();
        var waiting = FileLock.AcquireAsync(Path, TimeSpan.FromSeconds(30), cancellationToken: cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task AcquireAsync_OtherProcessHolds_NamesItAndFollowsItsEnd()
    {
        Peers.Require("flock");
        // Holds the lock as another program would, tells its name, and lives until it is killed or its input ends.
        const string Script = "exec 9<>\"$1\"; flock -x 9; echo \"process $$ (sh)\" >&9; echo held; read -r line";
        using var child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("held", await child.StandardOutput.ReadLineAsync());
            Assert.Null(FileLock.TryAcquire(Path));
            var e = await Assert.ThrowsAsync<StorageException>(async () => await FileLock.AcquireAsync(Path, TimeSpan.Zero));
            Assert.Equal(OciErrorKind.Unavailable, e.Kind);
            Assert.Contains($"held by process {child.Id} (sh)", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync();
        }
        using var taken = await FileLock.AcquireAsync(Path, TimeSpan.FromSeconds(30));
        Assert.StartsWith($"process {Environment.ProcessId} (", FileLock.DescribeHolder(Path), StringComparison.Ordinal);
    }
}
