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
