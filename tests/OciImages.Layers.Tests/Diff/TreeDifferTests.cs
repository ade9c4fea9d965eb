using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Text;
using OciImages.Layers.Diff;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Tar;
using OciImages.Layers.Tests.Tar;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Diff;

public sealed partial class TreeDifferTests
{
    [Fact]
    public async Task WriteDiff_OfRandomTrees_GivesTheUpperAgain()
    {
        Peers.RequireRoot();
        for (int run = 0; run < 8; run++)
        {
            int seed = NewSeed();
            using var directory = new TempDirectory();
            string lower = Directory.CreateDirectory(directory["lower"]).FullName, upper = Directory.CreateDirectory(directory["upper"]).FullName;
            new RandomTree(lower, new Random(seed)).Change(60);
            new TreeCopier(lower, upper).Copy(TestContext.Current.CancellationToken);
            new RandomTree(upper, new Random(seed + 1)).Change(40);
            byte[] full = await WriteAsync(TreeDiffer.OfTrees(null, lower)), diff = await WriteAsync(TreeDiffer.OfTrees(lower, upper));
            Assert.Equal(diff, await WriteAsync(TreeDiffer.OfTrees(lower, upper)));
            await AssertGivesAsync([full, diff], upper, directory["result"], withLinks: false, seed);
            // All of one tree keeps its hard links too.
            byte[] whole = await WriteAsync(TreeDiffer.OfTrees(null, upper));
            await AssertGivesAsync([whole], upper, directory["copy"], withLinks: true, seed);
            await AssertGnuTarGivesAsync(whole, upper, directory, seed);
            Assert.Equal(1024, (await WriteAsync(TreeDiffer.OfTrees(upper, upper))).Length);
        }
    }

    [Fact]
    public async Task WriteDiff_OfRandomOverlays_GivesWhatWasMounted()
    {
        Peers.RequireRoot();
        for (int run = 0; run < 8; run++)
        {
            int seed = NewSeed();
            using var directory = new TempDirectory();
            Directory.CreateDirectory(directory["lower"]);
            new RandomTree(directory["lower"], new Random(seed)).Change(60);
            using var overlay = new TestOverlay(directory);
            new RandomTree(overlay.Merged, new Random(seed + 1)).Change(40);
            byte[] full = await WriteAsync(TreeDiffer.OfTrees(null, overlay.Lower)), diff = await WriteAsync(TreeDiffer.OfOverlay(overlay.Upper));
            Assert.Equal(diff, await WriteAsync(TreeDiffer.OfOverlay(overlay.Upper, overlay.Lower)));
            await AssertGivesAsync([full, diff], overlay.Merged, directory["result"], withLinks: false, seed);
            Assert.Equal(
                await ListAsync(TreeDiffer.OfTrees(overlay.Lower, overlay.Merged)), await ListAsync(TreeDiffer.OfOverlay(overlay.Upper, overlay.Lower)));
            // The two trees give as little as the upper directory, or less: it may hold what was changed back.
            byte[] naive = await WriteAsync(TreeDiffer.OfTrees(overlay.Lower, overlay.Merged));
            await AssertGivesAsync([full, naive], overlay.Merged, directory["naive"], withLinks: false, seed);
        }
    }

    [Fact]
    public async Task WriteDiff_OfOverlay_HasDockersMembers()
    {
        Peers.RequireRoot();
        using var directory = new TempDirectory();
        Directory.CreateDirectory(directory["lower/d/e"]);
        await File.WriteAllTextAsync(directory["lower/d/gone"], "1", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(directory["lower/d/e/f"], "1", TestContext.Current.CancellationToken);
        using var overlay = new TestOverlay(directory);
        File.Delete(Path.Combine(overlay.Merged, "d/gone"));
        Directory.Delete(Path.Combine(overlay.Merged, "d/e"), recursive: true);
        Directory.CreateDirectory(Path.Combine(overlay.Merged, "d/e"));
        await File.WriteAllTextAsync(Path.Combine(overlay.Merged, "d.x"), "12345", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(overlay.Merged, "l"), "target");
        Assert.Equal(0, Libc.LinkAt(Libc.AtCurrentDirectory, CString.From(Path.Combine(overlay.Merged, "d.x")), Libc.AtCurrentDirectory, CString.From(Path.Combine(overlay.Merged, "h")), 0));
        var differ = TreeDiffer.OfOverlay(overlay.Upper, overlay.Lower);
        var members = await TarReading.ReadAllAsync(await WriteAsync(differ));
        Assert.Equal(
            ["Directory d/ 755", "Directory d/e/ 755", "File d/e/.wh..wh..opq 755", "File d/.wh.gone 600", "File d.x 644", "HardLink h 644 d.x", "SymbolicLink l 777 target"],
            members.Select(member => $"{member.Entry.Type} {member.Name} {Convert.ToString(member.Entry.Mode, 8)} {member.LinkName}".TrimEnd()));
        Assert.Equal(["C d", "C d/e", "D d/e/f", "D d/gone", "A d.x", "A h", "A l"], await ListAsync(differ));
        Assert.Equal(5 + 6, await differ.GetSizeAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ListChanges_DirectoryMadeAnewBelowOneMadeAnew_TellsWhatWasInBoth()
    {
        Peers.RequireRoot();
        using var directory = new TempDirectory();
        Directory.CreateDirectory(directory["lower/d/e"]);
        await File.WriteAllTextAsync(directory["lower/d/e/f"], "1", TestContext.Current.CancellationToken);
        using var overlay = new TestOverlay(directory);
        Directory.Delete(Path.Combine(overlay.Merged, "d"), recursive: true);
        Directory.CreateDirectory(Path.Combine(overlay.Merged, "d/e"));

        Assert.Equal(["C d", "C d/e", "D d/e/f"], await ListAsync(TreeDiffer.OfOverlay(overlay.Upper, overlay.Lower)));
    }

    [Fact]
    public async Task WriteDiff_NamesOfAnyBytes_AreKept()
    {
        Peers.RequireRoot();
        using var directory = new TempDirectory();
        byte[][] names = [[0xff, 0xfe], "a\nb"u8.ToArray(), "\\"u8.ToArray(), [.. Enumerable.Repeat((byte)0xe9, 255)]];
        using var root = FileDescriptor.OpenDirectory(directory.Path);
        foreach (byte[] name in names)
            Assert.Equal(0, Libc.MknodAt(root.Value, CString.From(name), FileModes.File | 0x1a4, 0));
        var members = await TarReading.ReadAllAsync(await WriteAsync(TreeDiffer.OfTrees(null, directory.Path)));
        Assert.Equal(names.Select(Convert.ToHexString).Order(StringComparer.Ordinal), members.Select(member => Convert.ToHexString(member.Entry.Name.Span)));
    }

    [Fact]
    public async Task WriteDiff_SocketsMarkerNamesAndForeignAttributes_AreLeftOut()
    {
        Peers.RequireRoot();
        using var directory = new TempDirectory();
        Assert.Equal(0, Libc.MknodAt(Libc.AtCurrentDirectory, CString.From(directory["socket"]), FileModes.Socket | 0x1ff, 0));
        Directory.CreateDirectory(directory[".wh.dir/below"]);
        await File.WriteAllTextAsync(directory[".wh..wh..opq"], "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(directory["f"], "", TestContext.Current.CancellationToken);
        foreach (string name in new[] { "user.kept", "user.a=b", "user.overlay.opaque", "trusted.x", "security.capability" })
            Assert.Equal(0, Libc.SetAttributePath(CString.From(directory["f"]), CString.From(name), name == "security.capability" ? new byte[] { 1, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 0, 0 } : "y"u8, name == "security.capability" ? 24 : 1, 0));
        var member = Assert.Single(await TarReading.ReadAllAsync(await WriteAsync(TreeDiffer.OfTrees(null, directory.Path))));
        Assert.Equal(
            [("security.capability", "0100000200040000000000000000000000000000"), ("user.kept", "79")],
            member.Entry.ExtendedAttributes.Select(pair => (pair.Key, Convert.ToHexString(pair.Value.Span))));
        member = Assert.Single(await TarReading.ReadAllAsync(await WriteAsync(TreeDiffer.OfTrees(null, directory.Path, new TreeDiffOptions { UserAttributes = false }))));
        Assert.Equal(["security.capability"], member.Entry.ExtendedAttributes.Select(pair => pair.Key));
    }

    [Theory]
    [InlineData("trusted.overlay.redirect")]
    [InlineData("trusted.overlay.metacopy")]
    public async Task WriteDiff_PartsOfOverlay_AreRefused(string attribute)
    {
        Peers.RequireRoot();
        using var directory = new TempDirectory();
        Directory.CreateDirectory(directory["upper/moved"]);
        Assert.Equal(0, Libc.SetAttributePath(CString.From(directory["upper/moved"]), CString.From(attribute), "/x"u8, 2, 0));
        OciException error = await Assert.ThrowsAsync<OciException>(() => WriteAsync(TreeDiffer.OfOverlay(directory["upper"])));
        Assert.Equal(OciErrorKind.Unsupported, error.Kind);
        Assert.Contains("moved", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenDiff_FileThatShrinks_IsAConflict()
    {
        using var directory = new TempDirectory();
        await File.WriteAllBytesAsync(directory["f"], new byte[2 << 20], TestContext.Current.CancellationToken);
        await using Stream diff = TreeDiffer.OfTrees(null, directory.Path).OpenDiff();
        byte[] buffer = new byte[4096];
        await diff.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        await using (var file = new FileStream(directory["f"], FileMode.Open))
            file.SetLength(1 << 20);
        OciException error = await Assert.ThrowsAsync<OciException>(() => diff.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
        Assert.Equal(OciErrorKind.Conflict, error.Kind);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await diff.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task OpenDiff_FileThatGrows_IsCutToItsSize()
    {
        using var directory = new TempDirectory();
        await File.WriteAllBytesAsync(directory["f"], new byte[2 << 20], TestContext.Current.CancellationToken);
        await using Stream diff = TreeDiffer.OfTrees(null, directory.Path).OpenDiff();
        byte[] buffer = new byte[4096];
        await diff.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        await using (var file = new FileStream(directory["f"], FileMode.Append))
            file.Write(new byte[100]);
        using var rest = new MemoryStream();
        await diff.CopyToAsync(rest, TestContext.Current.CancellationToken);
        Assert.Equal(512 + (2 << 20) + 1024, 4096 + rest.Length);
    }

    [Fact]
    public async Task ListChanges_SameSecondAndSize_LooksIntoTheFile()
    {
        using var directory = new TempDirectory();
        foreach (string name in new[] { "lower", "upper" })
        {
            Directory.CreateDirectory(directory[name]);
            await File.WriteAllTextAsync(directory[$"{name}/same"], "1", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(directory[$"{name}/other"], name, TestContext.Current.CancellationToken);
            foreach (string file in new[] { "same", "other" })
                Assert.Equal(0, Libc.SetTimesAt(Libc.AtCurrentDirectory, CString.From(directory[$"{name}/{file}"]), [new(5, name == "upper" ? 7 : 0), new(5, name == "upper" ? 7 : 0)], 0));
        }
        Assert.Equal(["C other"], await ListAsync(TreeDiffer.OfTrees(directory["lower"], directory["upper"])));
    }

    [Fact]
    public async Task WriteDiff_HostileDepth_IsRefused()
    {
        using var directory = new TempDirectory();
        int at = Libc.OpenAt(Libc.AtCurrentDirectory, CString.From(directory.Path), Libc.OpenReadOnly, 0);
        for (int i = 0; i < 2100; i++)
        {
            Assert.Equal(0, Libc.MkdirAt(at, "d\0"u8, 0x1c0));
            int next = Libc.OpenAt(at, "d\0"u8, Libc.OpenReadOnly, 0);
            Assert.Equal(0, Libc.Close(at));
            at = next;
        }
        Assert.Equal(0, Libc.Close(at));
        OciException error = await Assert.ThrowsAsync<OciException>(() => WriteAsync(TreeDiffer.OfTrees(null, directory.Path)));
        Assert.Equal(OciErrorKind.Unsupported, error.Kind);
    }

    private static int NewSeed()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        return seed;
    }

    private static async Task AssertGivesAsync(byte[][] layers, string tree, string result, bool withLinks, int seed)
    {
        await using (var unpacker = new TreeUnpacker(result))
        {
            foreach (byte[] layer in layers)
                await unpacker.ApplyAsync(new MemoryStream(layer));
            await unpacker.CompleteAsync();
        }
        string expected = Describe(tree, withLinks), actual = Describe(result, withLinks);
        if (layers.Length > 1)
        {
            // A directory of which nothing changed but its time is no change, as in Docker.
            expected = DirectoryTime().Replace(expected, "");
            actual = DirectoryTime().Replace(actual, "");
        }
        Assert.True(expected == actual, $"seed {seed}\n--- expected\n{expected}\n--- actual\n{actual}");
    }

    [GeneratedRegex(@"(?<=: d \d+ \d+:\d+ \d+) \d+\.\d+")]
    private static partial Regex DirectoryTime();

    private static async Task AssertGnuTarGivesAsync(byte[] layer, string tree, TempDirectory directory, int seed)
    {
        string result = Directory.CreateDirectory(directory["gnu"]).FullName;
        await File.WriteAllBytesAsync(directory["whole.tar"], layer);
        using Process process = Process.Start(
            Peers.Require("tar"), ["-C", result, "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", directory["whole.tar"]]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        string expected = Describe(tree, withLinks: true), actual = Describe(result, withLinks: true);
        Assert.True(expected == actual, $"seed {seed}\n--- expected\n{expected}\n--- GNU tar\n{actual}");
    }

    private static string Describe(string tree, bool withLinks)
    {
        var nodes = TreeListing.Of(tree);
        // The root is no member of a tar.
        nodes.Remove("");
        foreach ((string path, TreeNode node) in nodes.ToList())
            nodes[path] = node with { LinkCount = withLinks ? node.LinkCount : 0, ModificationTime = (node.ModificationTime.Seconds, 0) };
        return string.Join('\n', TreeListing.Describe(nodes));
    }

    private static async Task<byte[]> WriteAsync(TreeDiffer differ)
    {
        using var output = new MemoryStream();
        await differ.WriteDiffAsync(output, TestContext.Current.CancellationToken);
        return output.ToArray();
    }

    private static async Task<List<string>> ListAsync(TreeDiffer differ)
    {
        var changes = new List<string>();
        await foreach (TreeChange change in differ.ListChangesAsync(TestContext.Current.CancellationToken))
            changes.Add($"{"CAD"[(int)change.Kind]} {Encoding.UTF8.GetString(change.Path.Span)}");
        return changes;
    }
}
