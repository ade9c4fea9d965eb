using System.Text.RegularExpressions;
using OciImages.Layers.Drivers;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

public sealed partial class Overlay2DriverTests : TreeDriverContract
{
    protected override int ChainLength => 130;

    protected override IStorageDriver Create(string root) => new Overlay2Driver(root);

    protected override void Prepare() => Peers.RequireRoot();

    [Fact]
    public async Task Commit_ThreeLayers_WritesDockersFiles()
    {
        string bottom = await AddAsync(new TarBuilder().File("a", "a")), middle = await AddAsync(new TarBuilder(), bottom), top = await AddAsync(new TarBuilder(), middle);
        var nodes = TreeListing.Of(Root);

        string[] links = [.. ((string[])[bottom, middle, top]).Select(id => File.ReadAllText(Path.Combine(Root, id, "link")))];
        Assert.All(links, link => Assert.Matches(LinkPattern(), link));
        Assert.All(links.Zip([bottom, middle, top]), pair => Assert.Equal($"../{pair.Second}/diff", nodes[$"l/{pair.First}"].Content));
        Assert.False(File.Exists(Path.Combine(Root, bottom, "lower")));
        Assert.Equal($"l/{links[0]}", File.ReadAllText(Path.Combine(Root, middle, "lower")));
        Assert.Equal($"l/{links[1]}:l/{links[0]}", File.ReadAllText(Path.Combine(Root, top, "lower")));
        Assert.Equal(
            (0x1c8u, 0x1c0u, 0x1c8u, 0x1edu, 0x1c0u, 0x1a4u, 0x1a4u, 0x180u),
            (nodes[""].Mode, nodes["l"].Mode, nodes[top].Mode, nodes[$"{top}/diff"].Mode, nodes[$"{top}/work"].Mode, nodes[$"{top}/link"].Mode,
                nodes[$"{top}/lower"].Mode, nodes[$"{middle}/committed"].Mode));
        Assert.Equal(0, nodes[$"{middle}/committed"].Size);
    }

    [Fact]
    public async Task Stage_Whiteouts_AreDevicesAndOpaqueAttributes()
    {
        string id = await AddAsync(new TarBuilder()
            .Add(new TarMember("d/.wh.x") { UserId = 5, GroupId = 6, Mode = 0x1b6 }).Directory("o/").Opaque("o"), await AddAsync(new TarBuilder().File("d/x")));

        var nodes = TreeListing.Of(Path.Combine(Root, id, "diff"));

        Assert.Equal(('c', (0u, 0u), 5u, 6u, 0u), (nodes["d/x"].Type, nodes["d/x"].Device, nodes["d/x"].UserId, nodes["d/x"].GroupId, nodes["d/x"].Mode));
        Assert.Equal("79", nodes["o"].ExtendedAttributes["trusted.overlay.opaque"]);
    }

    [Fact]
    public async Task Stage_Size_CountsLinkTargetsAndEachInodeOnce()
    {
        string id = SampleLayers.NewId();

        long size = await Driver.StageAsync(id, new TarBuilder()
            .File("a", new byte[100]).HardLink("b", "a").SymbolicLink("s", "12345").File("a2", new byte[7]).File("./a2", new byte[3]).Whiteout("w").ToStream());
        await Driver.RemoveAsync(id);

        Assert.Equal(108, size);
    }

    [Fact]
    public async Task Stage_RootMember_SetsOnlyTheTimesOfTheRoot()
    {
        string id = await AddAsync(new TarBuilder().Add(new TarMember("./") { Type = '5', Mode = 0x1c0, UserId = 9, ModificationTime = 99 }).File("x"));

        var root = (await TreeAsync(id))[""];

        Assert.Equal((0x1edu, 0u, (99L, 0L)), (root.Mode, root.UserId, root.ModificationTime));
    }

    [Fact]
    public async Task GetMetadata_OnParents_NamesDockersDirectories()
    {
        string bottom = await AddAsync(new TarBuilder()), middle = await AddAsync(new TarBuilder(), bottom), top = await AddAsync(new TarBuilder(), middle);

        var metadata = await Driver.GetMetadataAsync(top);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["LowerDir"] = $"{Root}/{middle}/diff:{Root}/{bottom}/diff",
                ["MergedDir"] = $"{Root}/{top}/merged",
                ["UpperDir"] = $"{Root}/{top}/diff",
                ["WorkDir"] = $"{Root}/{top}/work",
            },
            metadata);
        Assert.False((await Driver.GetMetadataAsync(bottom))!.ContainsKey("LowerDir"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mount_128Layers_WorksWithAndWithoutTheMountApi(bool avoidMountApi)
    {
        await using var driver = new Overlay2Driver(Path.Combine(Root, new string('p', 200)), null, null, avoidMountApi);
        var ids = new List<string>();
        for (int i = 0; i < 129; i++)
        {
            ids.Add(SampleLayers.NewId());
            await driver.StageAsync(ids[i], new TarBuilder().File($"f{i}", "x").ToStream());
            await driver.CommitAsync(ids[i], i == 0 ? null : ids[i - 1]);
        }
        await driver.CreateWritableAsync(SampleLayers.NewId(), ids[^1]);

        await using (var mount = await driver.MountAsync(ids[^1]))
            Assert.Equal(129, Directory.GetFiles(mount.Path).Length);
        string writable = SampleLayers.NewId();
        await driver.CreateWritableAsync(writable, ids[^1]);
        await using (var mount = await driver.MountAsync(writable, new MountOptions { ReadOnly = false }))
        {
            Assert.Equal(Path.Combine(Root, new string('p', 200), writable, "merged"), mount.Path);
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "new"), "");
            await using var shared = await driver.MountAsync(writable, new MountOptions { ReadOnly = false });
            Assert.Equal(mount.Path, shared.Path);
            Assert.Equal(OciErrorKind.Conflict, (await Assert.ThrowsAsync<OciException>(async () => await driver.RemoveAsync(writable))).Kind);
        }
        Assert.False(Directory.Exists(Path.Combine(Root, new string('p', 200), writable, "merged")));
        Assert.Equal(OciErrorKind.Conflict, (await Assert.ThrowsAsync<OciException>(async () =>
            await driver.MountAsync(ids[^1], new MountOptions { ReadOnly = false }))).Kind);
    }

    [Fact]
    public async Task Mount_LeftByADeadProcess_IsCleanedByTheNextDriver()
    {
        string id = await AddAsync(new TarBuilder().File("a"), await AddAsync(new TarBuilder().File("b")));
        string left = Path.Combine(Root, "mounts", "00000000deadbeef-12345678"), wanted = Path.Combine(Root, "mounts", "00000000deadbeef-87654321");
        foreach (string path in (string[])[left, wanted])
            await Driver.MountAsync(id, new MountOptions { Target = path });
        await File.WriteAllTextAsync(wanted + ".detached", "");
        await using var alive = await Driver.MountAsync(id);

        await using (var next = new Overlay2Driver(Root))
            await (await next.MountAsync(id)).DisposeAsync();

        Assert.False(Directory.Exists(left));
        Assert.True(File.Exists(Path.Combine(wanted, "a")));
        Assert.True(File.Exists(Path.Combine(alive.Path, "a")));
        await RunCommandAsync("umount", wanted);
        await using (var last = new Overlay2Driver(Root))
            await (await last.MountAsync(id)).DisposeAsync();
        Assert.False(Directory.Exists(wanted));
    }

    [Fact]
    public async Task Remove_HalfMadeLayer_RemovesWhatThereIs()
    {
        string id = await AddAsync(new TarBuilder().File("a"));
        File.Delete(Path.Combine(Root, id, "link"));
        string other = await AddAsync(new TarBuilder().File("a"));
        Directory.Delete(Path.Combine(Root, other, "diff"), recursive: true);

        await Driver.RemoveAsync(id);
        await Driver.RemoveAsync(other);

        Assert.False(await Driver.ExistsAsync(id) || await Driver.ExistsAsync(other));
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(Root, "l")));
    }

    [Fact]
    public async Task Stage_DirectorySwappedForALinkMeanwhile_NeverLeadsOut()
    {
        string outside = Directory.CreateDirectory(this["outside"]).FullName, id = SampleLayers.NewId();
        string directory = Path.Combine(Root, id, "diff", "d");
        var tar = new TarBuilder().Directory("d/").Directory("e/");
        for (int i = 0; i < 4000; i++)
            tar.File($"d/{i}", "x").File($"e/{i}", "x");
        using var stop = new CancellationTokenSource();
        var swapping = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        Directory.Move(directory, directory + "-aside");
                        File.CreateSymbolicLink(directory, outside);
                        File.Delete(directory);
                        Directory.Move(directory + "-aside", directory);
                    }
                    catch (IOException)
                    {
                        // Not there yet, or the layer has made a directory of its own in its place.
                    }
                }
            },
            CancellationToken.None);

        try
        {
            await Driver.StageAsync(id, tar.ToStream());
        }
        catch (OciException)
        {
            // Also fine: what counts is where nothing was written.
        }
        await stop.CancelAsync();
        await swapping;
        await Driver.RemoveAsync(id);

        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    /// <summary>Runs again as the root of a user namespace.</summary>
    [Fact]
    public async Task Mount_InAUserNamespace_HidesWhatWhiteoutsHide()
    {
        const string variable = "OCI_TEST_USER_NAMESPACE";
        if (Environment.GetEnvironmentVariable(variable) is null)
        {
            string method = $"{typeof(Overlay2DriverTests).FullName}.{nameof(Mount_InAUserNamespace_HidesWhatWhiteoutsHide)}";
            using var child = ChildRun.Start(["--filter-method", method], (variable, "1"), null, null, Peers.Require("unshare"), "--user", "--map-root-user", "--mount");
            string output = await ChildRun.OutputAsync(child);
            Assert.True(child.ExitCode == 0, output);
            return;
        }
        string below = await AddAsync(new TarBuilder().Directory("d/").File("d/a", "a").File("gone", "g").CharacterDevice("null", 1, 3));
        string id = await AddAsync(new TarBuilder().Directory("d/").Opaque("d").File("d/b", "b").Whiteout("gone"), below);

        var tree = await TreeAsync(id);

        Assert.Equal(["", "d", "d/b"], Paths(tree));
        var refusal = await RefusedAsync(new TarBuilder().Add(new TarMember("other") { UserId = 5 }), OciErrorKind.Unsupported);
        Assert.Contains("user namespace", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stage_WhereOverlaysDoNotWork_SaysSo()
    {
        // An overlay cannot be the upper directory of another one.
        string id = await AddAsync(new TarBuilder().File("a"));
        string writable = SampleLayers.NewId();
        await Driver.CreateWritableAsync(writable, id);
        await using var mount = await Driver.MountAsync(writable, new MountOptions { ReadOnly = false });
        await using var inside = new Overlay2Driver(Path.Combine(mount.Path, "overlay2"));

        var refusal = await Assert.ThrowsAsync<OciException>(async () => await inside.StageAsync(SampleLayers.NewId(), new MemoryStream()));

        Assert.Equal(OciErrorKind.Unsupported, refusal.Kind);
        Assert.Contains("vfs", refusal.Message, StringComparison.Ordinal);
    }

    [GeneratedRegex("^[A-Z2-7]{26}$")]
    private static partial Regex LinkPattern();
}
