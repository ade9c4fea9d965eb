using OciImages.Layers.Drivers;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

public abstract partial class StorageDriverContract
{
    // Each either lands inside the layer or is refused; the canary beside the driver's directory tells when it does neither.
    public static TheoryData<string> HostileNames =>
    [
        "../canary", "../../canary", "a/../../canary", "/../canary", "d/../../../../../../../../CANARY", "..", "d/..", "../", "./../canary",
        "out/canary", "outer/canary", "loop/x", "proc/canary", "chain/canary", "hard/canary", "dangling/x", "file/x",
    ];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public Task Stage_HostileNames_NeverLeadOut(string name) => RunAsync(async () =>
    {
        string canary = Canary();
        string target = name.Replace("CANARY", canary.TrimStart('/'), StringComparison.Ordinal);
        string outside = Path.GetDirectoryName(canary)!;
        foreach (char kind in "f5123")
        {
            var tar = new TarBuilder().Directory("d/").File("file", "f")
                .SymbolicLink("out", outside).SymbolicLink("outer", "../../../../../../../../../.." + outside).SymbolicLink("loop", "loop")
                .SymbolicLink("proc", $"/proc/self/root{outside}").SymbolicLink("chain", "out").SymbolicLink("dangling", "nowhere/at/all");
            tar.Add(new TarMember(target)
            {
                Type = kind == 'f' ? '0' : kind,
                Content = kind == 'f' ? "overwritten"u8.ToArray() : [],
                LinkName = kind is '1' or '2' ? "file"u8.ToArray() : [],
                UserId = 12_345,
                Mode = 0x1ff,
                DeviceMajor = 1,
                DeviceMinor = 3,
            });
            string id = SampleLayers.NewId();
            try
            {
                await Driver.StageAsync(id, tar.ToStream());
                await Driver.CommitAsync(id, null);
            }
            catch (OciException e)
            {
                Assert.Equal(OciErrorKind.InvalidInput, e.Kind);
            }
            await Driver.RemoveAsync(id);
            CheckCanary(canary);
        }
    }, $"{nameof(Stage_HostileNames_NeverLeadOut)}(name: {name})");

    [Theory]
    [InlineData("../canary")]
    [InlineData("/../../canary")]
    [InlineData("CANARY")]
    [InlineData("out/canary")]
    [InlineData("missing")]
    [InlineData("d")]
    [InlineData("x")]
    [InlineData(".")]
    public Task Stage_HardLinkToWhatIsNoFileOfTheLayer_IsRefused(string target) => RunAsync(async () =>
    {
        string canary = Canary();
        var tar = new TarBuilder().Directory("d/").SymbolicLink("out", Path.GetDirectoryName(canary)!)
            .HardLink("x", target.Replace("CANARY", canary, StringComparison.Ordinal));
        if (HasTrees)
            await RefusedAsync(tar);
        else
            await Assert.ThrowsAnyAsync<OciException>(async () => await TreeAsync(await AddAsync(tar)));
        CheckCanary(canary);
    }, $"{nameof(Stage_HardLinkToWhatIsNoFileOfTheLayer_IsRefused)}(target: {target})");

    [Fact]
    public Task Stage_FileOverASymbolicLink_ReplacesTheLink() => RunAsync(async () =>
    {
        string canary = Canary();

        var tree = await TreeAsync(await AddAsync(new TarBuilder().SymbolicLink("x", canary).File("./x", "content")));

        Assert.Equal(('f', 7L), (tree["x"].Type, tree["x"].Size));
        CheckCanary(canary);
    });

    [Fact]
    public Task Stage_SymbolicLinkToADirectoryOfTheLayer_IsFollowed() => RunAsync(async () =>
    {
        string id = await AddAsync(new TarBuilder().Directory("tmp/").SymbolicLink("x", "/tmp").File("x/evil", "inside"));

        Assert.True((await TreeAsync(id)).ContainsKey("tmp/evil"));
    });

    [Fact]
    public Task Stage_OverlayAttributes_AreDropped() => RunAsync(async () =>
    {
        var tree = await TreeAsync(await AddAsync(new TarBuilder()
            .Add(new TarMember("d/") { Type = '5', Mode = 0x1ed }
                .WithAttribute("trusted.overlay.redirect", "/etc"u8.ToArray()).WithAttribute("trusted.overlay.opaque", "y"u8.ToArray())
                .WithAttribute("user.overlay.opaque", "y"u8.ToArray()).WithAttribute("user.kept", "k"u8.ToArray()))
            .Add(new TarMember("f") { Content = "f"u8.ToArray() }.WithAttribute("trusted.overlay.metacopy", []))));

        Assert.Equal(["user.kept"], tree["d"].ExtendedAttributes.Keys);
        Assert.Empty(tree["f"].ExtendedAttributes);
    });

    [Fact]
    public Task Stage_NamesOfTheDriversOwnFiles_AreOrdinary() => RunAsync(async () =>
    {
        string id = await AddAsync(new TarBuilder().File("link", "l").File("lower", "l").File("committed", "c").File("members.jsonl", "m").File("diff/x", "x"));

        Assert.Subset((await TreeAsync(id)).Keys.ToHashSet(), new HashSet<string> { "link", "lower", "committed", "members.jsonl", "diff/x" });
    });

    [Theory]
    [InlineData(256, 1)]
    [InlineData(2, 3000)]
    public Task Stage_NamesThatTheKernelDoesNotTake_AreRefused(int component, int count) => RunAsync(
        () => RefusedAsync(new TarBuilder().File(string.Join('/', Enumerable.Repeat(new string('n', component), count)), "x")),
        $"{nameof(Stage_NamesThatTheKernelDoesNotTake_AreRefused)}(component: {component}, count: {count})");

    [Fact]
    public Task Stage_DeepTree_IsKeptAndRemoved() => RunAsync(async () =>
    {
        // A link leads down to where the second half starts.
        string step = string.Join('/', Enumerable.Repeat("d", TreeDepth / 2));
        var tar = new TarBuilder();
        string prefix = "";
        for (int i = 0; i < 2; i++)
        {
            tar.Directory($"{prefix}{step}/").SymbolicLink($"s{i}", $"{prefix}{step}");
            prefix = $"s{i}/";
        }
        string id = SampleLayers.NewId();

        await Driver.StageAsync(id, tar.ToStream());
        await Driver.RemoveAsync(id);

        Assert.False(await Driver.ExistsAsync(id));
    });

    [Fact]
    public Task Stage_MalformedAndTruncatedTars_AreRefused() => RunAsync(async () =>
    {
        byte[] good = SampleLayers.Nasty().ToArray();
        await RefusedAsync(new TarBuilder().Raw("garbage that is no tar, and more of it"u8).Pad(1));
        await RefusedAsync(new TarBuilder().Raw(good.AsSpan(0, good.Length / 2 / 512 * 512 - 100)));
        await RefusedAsync(new TarBuilder().Add(new TarMember("s") { Type = 'Z' }), OciErrorKind.Unsupported);
        await RefusedAsync(new TarBuilder().Add(new TarMember("x") { UserId = uint.MaxValue }));
    });

    [Fact]
    public Task Stage_WhatThePolicyForbids_IsRefused() => RunAsync(async () =>
    {
        var policy = Policy(Driver);
        (policy.RefuseDevices, policy.RefuseSetuid, policy.MaxEntries, policy.MaxSize) = (true, true, 3, 100);

        await RefusedAsync(new TarBuilder().CharacterDevice("null", 1, 3));
        await RefusedAsync(new TarBuilder().Add(new TarMember("su") { Mode = 0x9ed }));
        await RefusedAsync(new TarBuilder().File("a").File("b").File("c").File("d"));
        await RefusedAsync(new TarBuilder().File("a", new byte[60]).File("b", new byte[60]));
        await RefusedAsync(new TarBuilder().Add(new TarMember("huge") { DeclaredSize = 42L << 30 }));
        await AddAsync(new TarBuilder().File("a", new byte[60]).File("b", new byte[40]).Fifo("p"));
    });

    private static UnpackPolicy Policy(IStorageDriver driver) =>
        (UnpackPolicy)driver.GetType().GetField("_policy", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.GetValue(driver)!;

    private string Canary()
    {
        string path = this["canary"];
        File.WriteAllText(path, "alive");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private void CheckCanary(string path)
    {
        Assert.Equal("alive", File.ReadAllText(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Subset(
            new HashSet<string> { "canary", "driver", "unpacked" }, Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!).Select(entry => Path.GetFileName(entry)).ToHashSet());
    }
}
