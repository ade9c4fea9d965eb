using OciImages.IO;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Roots;

public sealed class ImageRootTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Open_EmptyDirectory_MakesARootOfTheKnownVersion()
    {
        Directory.CreateDirectory(_directory["root/lost+found"]);
        await Open().DisposeAsync();

        Assert.Equal("1", await File.ReadAllTextAsync(_directory["root/oci-images/version"]));
        Assert.True(Directory.Exists(_directory["root/image/blob"]));
        await Open().DisposeAsync();
    }

    [Fact]
    public void Open_ForeignDirectory_IsRefusedAndUntouched()
    {
        Directory.CreateDirectory(_directory["root"]);
        File.WriteAllText(_directory["root/thesis.tex"], "");
        var failure = Assert.Throws<StorageException>(Open);

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains("thesis.tex", failure.Message);
        Assert.Single(Directory.GetFileSystemEntries(_directory["root"]));
    }

    [Fact]
    public void Open_File_IsRefused()
    {
        File.WriteAllText(_directory["root"], "");
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<StorageException>(Open).Kind);
    }

    [Theory]
    [InlineData("2", OciErrorKind.Unsupported)]
    [InlineData("999", OciErrorKind.Unsupported)]
    [InlineData("", OciErrorKind.Corrupt)]
    [InlineData("-1", OciErrorKind.Corrupt)]
    [InlineData("99999999999999999999", OciErrorKind.Corrupt)]
    public void Open_OtherVersion_IsRefusedAndUntouched(string version, OciErrorKind kind)
    {
        Directory.CreateDirectory(_directory["root/oci-images"]);
        File.WriteAllText(_directory["root/oci-images/version"], version);
        var failure = Assert.Throws<StorageException>(Open);

        Assert.Equal(kind, failure.Kind);
        Assert.Equal(_directory["root/oci-images/version"], failure.Path);
        Assert.Equal(["oci-images"], Directory.GetFileSystemEntries(_directory["root"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task CheckRecords_AfterAPull_FindsNothing_ThenWhatIsBroken()
    {
        await using var fixture = new PullFixture();
        fixture.AddImage("v1");
        var pulled = await fixture.Puller.PullAsync(PullFixture.Reference);
        Assert.Empty(await fixture.Root.CheckRecordsAsync().ToListAsync());
        var origin = Assert.Single(await fixture.Root.Origins.ReadAsync(pulled.ImageId));
        Assert.Equal(pulled.Digest, origin.Root.Digest);

        string imagedb = Path.Combine(fixture.Root.Path, "image", "blob", "imagedb");
        var ghost = new ImageId(Digest.Compute("ghost"u8));
        await File.AppendAllTextAsync(Path.Combine(imagedb, "content", "sha256", pulled.ImageId.Value.Hex), " ");
        Directory.CreateDirectory(Path.Combine(imagedb, "metadata", "sha256", ghost.Value.Hex));
        await fixture.Root.References.SetAsync(ImageReference.Parse("ghost:1"), ghost);
        await fixture.Root.Origins.AddAsync(ghost, origin);
        string leftover = Path.Combine(imagedb, "content", "sha256", ".tmp-123");
        await File.WriteAllTextAsync(leftover, "");
        File.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddHours(-1));

        var found = await fixture.Root.CheckRecordsAsync().ToListAsync();
        Assert.Equal(
            [StoreFindingSeverity.Damaged, StoreFindingSeverity.Waste, StoreFindingSeverity.Damaged, StoreFindingSeverity.Waste, StoreFindingSeverity.Waste],
            found.Select(finding => finding.Severity));
        Assert.All(found, finding => Assert.False(finding.IsRepaired));
        Assert.All(await fixture.Root.CheckRecordsAsync(repair: true).ToListAsync(), finding => Assert.True(finding.IsRepaired));
        Assert.Empty(await fixture.Root.CheckRecordsAsync().ToListAsync());
        Assert.NotNull(await fixture.Root.Images.FindAsync(pulled.ImageId));
        Assert.Equal(pulled.ImageId, await fixture.Root.References.FindAsync(PullFixture.Reference));
    }

    private ImageRoot Open() => ImageRoot.Open(new ImageRootOptions { Path = _directory["root"], Driver = "blob" });
}
