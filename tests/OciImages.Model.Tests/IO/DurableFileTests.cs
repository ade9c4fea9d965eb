using Microsoft.Win32.SafeHandles;
using OciImages.IO;
using OciImages.TestSupport;

namespace OciImages.Tests.IO;

public sealed class DurableFileTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WriteAsync_NewAndExisting_HasContentAndModeAndNothingElse()
    {
        string path = _directory["file"];
        await DurableFile.WriteAsync(path, "old, and longer"u8.ToArray(), Mode);
        await DurableFile.WriteAsync(path, "new"u8.ToArray(), Mode);
        Assert.Equal("new", await File.ReadAllTextAsync(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_directory.Path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(Mode, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task WriteAsync_Cancelled_KeepsTheOldContent()
    {
        string path = _directory["file"];
        await DurableFile.WriteAsync(path, "old"u8.ToArray(), Mode);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await DurableFile.WriteAsync(path, "new"u8.ToArray(), Mode, new CancellationToken(canceled: true)));
        Assert.Equal("old", await File.ReadAllTextAsync(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task WriteAsync_NoDirectory_SaysSo()
    {
        string path = _directory["missing/file"];
        var e = await Assert.ThrowsAsync<StorageException>(async () => await DurableFile.WriteAsync(path, default, Mode));
        Assert.Equal((OciErrorKind.NotFound, path), (e.Kind, e.Path));
    }

    [Fact]
    public async Task WriteAsync_OverADirectory_FailsAndLeavesNothing()
    {
        string path = Directory.CreateDirectory(_directory["file"]).FullName;
        await Assert.ThrowsAsync<StorageException>(async () => await DurableFile.WriteAsync(path, "x"u8.ToArray(), Mode));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Sync_WhatCannotBeSynced_Throws()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/null");
        using SafeFileHandle device = File.OpenHandle("/dev/null", access: FileAccess.Write);
        var e = Assert.Throws<StorageException>(() => DurableFile.Sync(device, "/dev/null")); // EINVAL, which the BCL swallows
        Assert.Contains("Cannot sync the file at /dev/null", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SyncDirectory_Missing_IsNotFound()
    {
        DurableFile.SyncDirectory(_directory.Path);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(OciErrorKind.NotFound, Assert.Throws<StorageException>(() => DurableFile.SyncDirectory(_directory["missing"])).Kind);
    }
}
