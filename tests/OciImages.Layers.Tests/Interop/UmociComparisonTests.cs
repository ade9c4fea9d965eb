using System.Diagnostics;
using OciImages.Layers.Drivers;
using OciImages.Layers.Tests.Drivers;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Interop;

/// <summary>Our merged trees against those that umoci makes of the same image.</summary>
public sealed class UmociComparisonTests
{
    [Theory]
    [InlineData("overlay2")]
    [InlineData("vfs")]
    public async Task MergedTree_NastyImage_IsUmocis(string driverName)
    {
        Peers.RequireRoot();
        using var temp = new TempDirectory();
        byte[][] layers = [Bottom().ToArray(), Middle().ToArray(), Top().ToArray()];
        OciLayout.Write(temp["image"], "nasty", layers);
        await UnpackAsync(temp["image"] + ":nasty", temp["bundle"]);
        await using IStorageDriver driver = driverName == "vfs" ? new VfsDriver(temp["vfs"]) : new Overlay2Driver(temp["overlay2"]);
        var ids = new List<string>();
        foreach (byte[] layer in layers)
        {
            ids.Add(SampleLayers.NewId());
            await driver.StageAsync(ids[^1], new MemoryStream(layer));
            await driver.CommitAsync(ids[^1], ids.Count == 1 ? null : ids[^2]);
        }

        await using (var mount = await driver.MountAsync(ids[^1]))
            Assert.Equal(TreeListing.Describe(TreeListing.Of(temp["bundle/rootfs"])), TreeListing.Describe(TreeListing.Of(mount.Path)));

        foreach (string id in Enumerable.Reverse(ids))
            await driver.RemoveAsync(id);
        Directory.Delete(temp["bundle"], recursive: true);
    }

    private static TarMember Folder(string name, long mode = 0x1ed, long time = 1_600_000_000) =>
        new(name + "/") { Type = '5', Mode = mode, ModificationTime = time };

    // A hard link's header repeats the attributes, as all archivers have it; umoci leaves them aside and Docker applies them.
    private static TarMember Link(string name, string target) =>
        new TarMember(name) { Type = '1', Mode = 0x9ed, LinkName = System.Text.Encoding.UTF8.GetBytes(target) }.WithRecord("mtime", "1700000000.987654321");

    private static TarBuilder Bottom() => new TarBuilder()
        .Add(Folder(".")).Add(Folder("bin")).Add(Folder("d", 0x1c0)).Add(Folder("d/sub")).Add(Folder("o")).Add(Folder("tmp", 0x3ff)).Add(Folder("dev"))
        .Add(new TarMember("bin/su") { Mode = 0x9ed, Content = "su"u8.ToArray() }.WithRecord("mtime", "1700000000.987654321"))
        .Add(Link("bin/hard", "bin/su")).Add(Link("bin/hard2", "./bin/hard"))
        .Add(new TarMember("bin/soft") { Type = '2', Mode = 0x1ff, LinkName = "../../x"u8.ToArray(), UserId = 7, GroupId = 8, ModificationTime = 5 })
        .Add(new TarMember("bin/capable") { Mode = 0x1ed, Content = "c"u8.ToArray(), UserId = 3 }
            .WithAttribute("security.capability", Convert.FromHexString("0100000200040000000000000000000000000000")).WithAttribute("user.a", "b"u8.ToArray()))
        .Add(new TarMember("owned") { UserId = 100_000, GroupId = 200_000, Mode = 0x100, Content = new byte[100_000] })
        .Add(new TarMember("d/\\ name \"with'\t") { Content = "odd"u8.ToArray() })
        .Add(new TarMember("dev/null") { Type = '3', Mode = 0x1b6, DeviceMajor = 1, DeviceMinor = 3 })
        .Add(new TarMember("dev/disk") { Type = '4', Mode = 0x1b0, GroupId = 6, DeviceMajor = 8, DeviceMinor = 300 })
        .Fifo("dev/pipe").File("d/sub/x", "x").File("d/sub/y", "y").File("o/hidden", "h").File("file", "f").SymbolicLink("link", "d").File("empty");

    private static TarBuilder Middle() => new TarBuilder()
        .Add(Folder(".", time: 1_600_000_007)).Add(Folder("d", 0x1f8, 1_600_000_001)).Add(Folder("d/sub", time: 1_600_000_002)).Whiteout("d/sub/x")
        .Add(Folder("o", time: 1_600_000_003)).Opaque("o").File("o/seen", "s").Whiteout("file").Add(Folder("link", time: 1_600_000_004)).File("link/now", "dir")
        .Add(Folder("bin", time: 1_600_000_005)).File("owned", "by root now").Whiteout("bin/soft").File("empty", "not empty")
        .Add(Folder("new", time: 1_600_000_006)).Whiteout("new/nothing").File("new/x", "1");

    private static TarBuilder Top() => new TarBuilder()
        .Add(Folder(".", time: 1_600_000_008)).Add(Folder("file", time: 1_600_000_009)).File("file/in", "again").Whiteout("new").Whiteout("dev")
        .Add(Folder("d", 0x1f8, 1_600_000_010)).SymbolicLink("d/sub", "../o").Add(Folder("o", time: 1_600_000_011)).File("o/hidden", "back");

    private static async Task UnpackAsync(string image, string bundle)
    {
        using var umoci = Process.Start(new ProcessStartInfo(Peers.Require("umoci"), ["unpack", "--image", image, bundle]) { RedirectStandardError = true })!;
        string error = await umoci.StandardError.ReadToEndAsync();
        await umoci.WaitForExitAsync();
        Assert.True(umoci.ExitCode == 0, error);
    }
}
