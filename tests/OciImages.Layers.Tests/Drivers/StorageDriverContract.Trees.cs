using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

public abstract partial class StorageDriverContract
{
    [Fact]
    public Task Commit_BaseLayer_KeepsTypesModesOwnersAndTimes() => RunAsync(async () =>
    {
        var tree = await TreeAsync(await AddAsync(SampleLayers.Nasty()));

        Assert.Equal((1_600_000_000, 0), tree[""].ModificationTime);
        Assert.Equal(('d', 0x1edu, (1_600_000_001L, 0L)), (tree["bin"].Type, tree["bin"].Mode, tree["bin"].ModificationTime));
        Assert.Equal(('f', 0x9edu, 2L), (tree["bin/su"].Type, tree["bin/su"].Mode, tree["bin/su"].Size));
        Assert.Equal((tree["bin/su"].Inode, 2u), (tree["bin/hard"].Inode, tree["bin/hard"].LinkCount));
        Assert.Equal(('l', "../../../etc/passwd", 7u, 8u), (tree["bin/soft"].Type, tree["bin/soft"].Content, tree["bin/soft"].UserId, tree["bin/soft"].GroupId));
        Assert.Equal((1000u, 100_000u, 0x180u), (tree["owned"].UserId, tree["owned"].GroupId, tree["owned"].Mode));
        Assert.Equal((1_700_000_000, 123_456_789), tree["precise"].ModificationTime);
        Assert.Equal((0, 0), tree["old"].ModificationTime);
        Assert.Equal((0x3ffu, (1_600_000_003L, 0L)), (tree["tmp"].Mode, tree["tmp"].ModificationTime));
        Assert.Equal((0u, 1L), (tree["tmp/unreadable"].Mode, tree["tmp/unreadable"].Size));
        Assert.Equal((0u, (1_600_000_004L, 0L)), (tree["closed"].Mode, tree["closed"].ModificationTime));
        Assert.Equal('f', tree["closed/in"].Type);
        Assert.Equal('f', tree["n\xff\xfe\\n"].Type);
        Assert.Equal(('p', 0x1a4u), (tree["pipe"].Type, tree["pipe"].Mode));
        Assert.Equal(0x1edu, tree["dev"].Mode);
        Assert.Equal(4L, tree[new string('d', 120) + "/" + new string('f', 200)].Size);
    });

    [Fact]
    public Task Commit_BaseLayer_KeepsDevicesAndExtendedAttributes() => RunAsync(async () =>
    {
        var tree = await TreeAsync(await AddAsync(SampleLayers.Nasty()));

        Assert.Equal(('c', 0x1b6u, (1u, 3u)), (tree["dev/null"].Type, tree["dev/null"].Mode, tree["dev/null"].Device));
        Assert.Equal(('b', 0x1b0u, (259u, 70_000u)), (tree["dev/disk"].Type, tree["dev/disk"].Mode, tree["dev/disk"].Device));
        Assert.Equal("00ff0a3d00", tree["attributes"].ExtendedAttributes["user.binary"]);
        Assert.Equal("0100000200040000000000000000000000000000", tree["capable"].ExtendedAttributes["security.capability"]);
    });

    [Fact]
    public Task Commit_SparseFile_HasContentAndSize() => RunAsync(async () =>
    {
        string id = await AddAsync(SampleLayers.Nasty());

        string content = await ReadAsync(id, "sparse");

        Assert.Equal(1_000_000, content.Length);
        Assert.Equal("start\0", content[..6]);
        Assert.Equal("\0end\0", content[899_999..900_004]);
    });

    [Fact]
    public Task Commit_OnParent_MergesDirectoriesAndReplacesTheRest() => RunAsync(async () =>
    {
        string below = await AddAsync(new TarBuilder()
            .Directory("d/").File("d/kept", "1").File("d/replaced", "22").Directory("tree/").Directory("tree/sub/").File("tree/sub/x", "x")
            .File("file", "f").SymbolicLink("link", "d").Directory("untouched/", 0x1c0));

        var tree = await TreeAsync(await AddAsync(
            new TarBuilder()
                .Add(new TarMember("d/") { Type = '5', Mode = 0x1f8, UserId = 3, GroupId = 4, ModificationTime = 1_500_000_000 })
                .File("d/replaced", "333").File("d/new", "n").File("tree", "now a file").Directory("file/").File("file/in", "i").File("link", "no link"),
            below));

        Assert.Equal(["", "d", "d/kept", "d/new", "d/replaced", "file", "file/in", "link", "tree", "untouched"], Paths(tree));
        Assert.Equal((0x1f8u, 3u, 4u, (1_500_000_000L, 0L)), (tree["d"].Mode, tree["d"].UserId, tree["d"].GroupId, tree["d"].ModificationTime));
        Assert.Equal(3, tree["d/replaced"].Size);
        Assert.Equal('f', tree["tree"].Type);
        Assert.Equal('d', tree["file"].Type);
        Assert.Equal('f', tree["link"].Type);
        Assert.Equal(0x1c0u, tree["untouched"].Mode);
    });

    [Fact]
    public Task Commit_OnParent_LeavesTheParentAsItWas() => RunAsync(async () =>
    {
        string below = await AddAsync(SampleLayers.Nasty());
        var before = Told(await TreeAsync(below));

        string id = await AddAsync(new TarBuilder().Whiteout("bin/su").File("owned", "other").Opaque("tmp"), below);

        Assert.DoesNotContain("bin/su", (await TreeAsync(id)).Keys);
        Assert.Equal(before, Told(await TreeAsync(below)));
    });

    // Directories without member have the time of the unpacking.
    private static IEnumerable<string> Told(Dictionary<string, Trees.TreeNode> tree) => Trees.TreeListing.Describe(tree)
        .Where(line => !line.StartsWith("dev: ", StringComparison.Ordinal) && !line.StartsWith("ddd", StringComparison.Ordinal));

    [Fact]
    public Task Commit_DirectoryThroughALinkOfTheParent_MakesADirectory() => RunAsync(async () =>
    {
        string below = await AddAsync(new TarBuilder().Directory("usr/").Directory("usr/lib/").SymbolicLink("lib", "usr/lib"));

        var tree = await TreeAsync(await AddAsync(new TarBuilder().Directory("lib/").File("lib/x", "x"), below));

        Assert.Equal(('d', 'f'), (tree["lib"].Type, tree["lib/x"].Type));
        Assert.DoesNotContain("usr/lib/x", tree.Keys);
    });

    [Fact]
    public Task Commit_SameNameTwice_TheLastCounts() => RunAsync(async () =>
    {
        var tree = await TreeAsync(await AddAsync(new TarBuilder()
            .File("a", "first").File("./a", "second!").Directory("d/").File("d/x", "x").File("d", "file").Directory("e/", 0x1c0).File("e/y").Directory("e/", 0x1ed)));

        Assert.Equal(7, tree["a"].Size);
        Assert.Equal(('f', 4L), (tree["d"].Type, tree["d"].Size));
        Assert.Equal((0x1edu, 'f'), (tree["e"].Mode, tree["e/y"].Type));
    });

    [Fact]
    public Task Commit_Chain_CanBeMountedWhole() => RunAsync(async () =>
    {
        string? id = null;
        for (int i = 0; i < ChainLength; i++)
            id = await AddAsync(new TarBuilder().File($"f{i:D3}", $"{i}").File("shared", $"{i}"), id);

        var tree = await TreeAsync(id!);

        Assert.Equal(ChainLength + 2, tree.Count);
        Assert.Equal($"{ChainLength - 1}".Length, tree["shared"].Size);
    });
}
