using OciImages.Layers.Drivers;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

public sealed class VfsDriverTests : TreeDriverContract
{
    protected override IStorageDriver Create(string root) => new VfsDriver(root);

    protected override void Prepare() => Peers.RequireRoot();

    [Fact]
    public async Task Commit_DirectoryWithoutMember_KeepsTheParentsAttributes()
    {
        string below = await AddAsync(new TarBuilder().Add(new TarMember("tmp/") { Type = '5', Mode = 0x3ff, GroupId = 5, ModificationTime = 1_234_567_890 }));

        var tree = await TreeAsync(await AddAsync(new TarBuilder().File("tmp/x", "x"), below));

        Assert.Equal((0x3ffu, 5u, (1_234_567_890L, 0L)), (tree["tmp"].Mode, tree["tmp"].GroupId, tree["tmp"].ModificationTime));
    }

    [Fact]
    public async Task Commit_RootMember_SetsAllAttributesOfTheRoot()
    {
        string id = await AddAsync(new TarBuilder().Add(new TarMember("./") { Type = '5', Mode = 0x1c0, UserId = 9, ModificationTime = 99 }));

        var root = (await TreeAsync(id))[""];

        Assert.Equal((0x1c0u, 9u, (99L, 0L)), (root.Mode, root.UserId, root.ModificationTime));
    }

    [Fact]
    public async Task Commit_SparseFileOfTheParent_StaysSparse()
    {
        string id = await AddAsync(new TarBuilder(), await AddAsync(new TarBuilder().Sparse("s", 50_000_000, TarSparseForm.Gnu, (40_000_000, "x"u8.ToArray()))));

        await using var mount = await Driver.MountAsync(id);
        using var blocks = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", $"{mount.Path}/s"]) { RedirectStandardOutput = true })!;

        Assert.InRange(long.Parse(await blocks.StandardOutput.ReadToEndAsync(), System.Globalization.CultureInfo.InvariantCulture), 1, 100);
    }
}
