using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests;

public sealed class TreeUnpackerTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Target => _directory["target"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ApplyAsync_Layers_ActInOrderAndLeaveNoMarkers()
    {
        await UnpackAsync(
            new TarBuilder().Directory("d").File("d/gone", "1").File("d/stays", "1").Directory("o").File("o/below", "1").File("f", "file"),
            new TarBuilder().Whiteout("d/gone").Directory("o").Opaque("o").File("o/above", "2").Directory("f").File("f/in", "2"));

        Assert.Equal(
            ["d", "d/stays", "f", "f/in", "o", "o/above"],
            Directory.EnumerateFileSystemEntries(Target, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Target, path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task CompleteAsync_NoLayers_MakesNothing()
    {
        await UnpackAsync();
        Assert.False(Directory.Exists(Target));
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("a/../../escape")]
    public async Task ApplyAsync_NameThatClimbsOut_IsRefusedAndLeavesTheTargetEmpty(string name)
    {
        var error = await Assert.ThrowsAsync<OciException>(() => UnpackAsync(new TarBuilder().File("first", "1").File(name, "2")));

        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Target));
        Assert.False(File.Exists(_directory["escape"]));
    }

    [Fact]
    public async Task ApplyAsync_SymbolicLinkThenFileThroughIt_StaysInside()
    {
        Directory.CreateDirectory(_directory["outside"]);
        await Assert.ThrowsAnyAsync<OciException>(() => UnpackAsync(
            new TarBuilder().SymbolicLink("link", _directory["outside"]).File("link/file", "1")));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["outside"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Target));
    }

    [Fact]
    public async Task CompleteAsync_RootMember_GivesTheTargetItsModeAndTime()
    {
        var time = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        await UnpackAsync(new TarBuilder().Add(new TarMember("./") { Type = '5', Mode = 0x1c8, ModificationTime = new DateTimeOffset(time).ToUnixTimeSeconds() }).File("f", "1"));

        Assert.Equal(time, Directory.GetLastWriteTimeUtc(Target));
        Assert.Equal((UnixFileMode)0x1c8, File.GetUnixFileMode(Target));
    }

    private async Task UnpackAsync(params TarBuilder[] layers)
    {
        await using var unpacker = new TreeUnpacker(Target);
        foreach (var layer in layers)
            await unpacker.ApplyAsync(layer.ToStream());
        await unpacker.CompleteAsync();
    }
}
