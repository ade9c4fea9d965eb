using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;
using OciImages.TestSupport.Trees;

namespace OciImages.Interop.Tests;

/// <summary>The main job, as a user runs it, against real registries and beside skopeo and umoci.</summary>
public sealed class PullTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("overlay2")]
    [InlineData("vfs")]
    [InlineData("blob")]
    public async Task Pull_NastyImage_IsWhatSkopeoSays(string driver)
    {
        var oci = new OciProgram(_directory["root"], driver);

        var pulled = await oci.TryRunAsync("pull", fixture.Image);

        Assert.True(pulled.ExitCode == 0, pulled.Error);
        Assert.Contains($"Status: Downloaded newer image for {fixture.Image}", pulled.Output, StringComparison.Ordinal);
        Assert.Contains("Pull complete", pulled.Error, StringComparison.Ordinal);
        string config = await Command.RunAsync("skopeo", "inspect", "--tls-verify=false", "--config", "--raw", $"docker://{fixture.Image}");
        string manifest = await Command.RunAsync("skopeo", "inspect", "--tls-verify=false", "--raw", $"docker://{fixture.Image}");
        using var inspected = JsonDocument.Parse(await oci.RunAsync("inspect", fixture.Image));
        using var expected = JsonDocument.Parse(config);
        var image = inspected.RootElement[0];
        Assert.Equal(Digest.Compute(System.Text.Encoding.Latin1.GetBytes(config)).ToString(), image.GetProperty("Id").GetString());
        Assert.Contains(Digest.Compute(System.Text.Encoding.Latin1.GetBytes(manifest)).ToString(), pulled.Output, StringComparison.Ordinal);
        Assert.True(JsonElement.DeepEquals(expected.RootElement.GetProperty("config"), image.GetProperty("Config")));
        Assert.True(JsonElement.DeepEquals(expected.RootElement.GetProperty("rootfs").GetProperty("diff_ids"), image.GetProperty("RootFS").GetProperty("Layers")));
        Assert.Equal(driver, image.GetProperty("GraphDriver").GetProperty("Name").GetString());
    }

    [Theory]
    [InlineData("overlay2")]
    [InlineData("vfs")]
    public async Task Mount_NastyImage_EqualsUmociUnpack(string driver)
    {
        string umoci = Peers.Require("umoci");
        var oci = new OciProgram(_directory["root"], driver);
        await oci.RunAsync("pull", "-q", fixture.Image);
        string tree = (await oci.RunAsync("mount", fixture.Image)).Trim();
        try
        {
            Assert.Equal(tree, (await oci.RunAsync("mount", fixture.Image)).Trim());
            await Command.RunAsync(umoci, "unpack", "--image", $"{fixture.LayoutPath}:{InteropFixture.Tag}", _directory["bundle"]);

            Assert.Equal(Seen(await TreeListing.ReadAsync(_directory["bundle/rootfs"])), Seen(await TreeListing.ReadAsync(tree)));
            await Assert.ThrowsAnyAsync<IOException>(() => File.WriteAllTextAsync(Path.Combine(tree, "new"), ""));
        }
        finally
        {
            await oci.RunAsync("unmount", fixture.Image);
        }
        Assert.False(Directory.Exists(tree));
        Assert.Equal(1, (await oci.TryRunAsync("unmount", fixture.Image)).ExitCode);

        // An upper layer hides one of three hard links. Under an overlay the other two keep the count of the lower layer's inode:
        // that is the kernel's answer, Docker's too.
        IEnumerable<string> Seen(string[] lines) => driver == "overlay2" ? lines.Select(line => line.StartsWith("data/link-1\t", StringComparison.Ordinal)
            || line.StartsWith("etc/link-3\t", StringComparison.Ordinal) ? Regex.Replace(line, " n=[23] ", " n=2-or-3 ") : line) : lines;
    }

    [Fact]
    public async Task Mount_AtADirectory_IsThereUntilUnmounted()
    {
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", "-q", fixture.Image);
        string target = _directory["some where"];

        Assert.Equal(target, (await oci.RunAsync("mount", fixture.Image, target)).Trim());
        Assert.True(File.Exists(Path.Combine(target, "etc", "passwd")));
        Assert.Equal(1, (await oci.TryRunAsync("mount", fixture.Image, target)).ExitCode);
        await oci.RunAsync("unmount", target);

        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
    }

    [Theory]
    [InlineData("overlay2")]
    [InlineData("vfs")]
    [InlineData("blob")]
    public async Task Unpack_NastyImage_EqualsUmociUnpack(string driver)
    {
        string umoci = Peers.Require("umoci");
        var oci = new OciProgram(_directory["root"], driver);
        await oci.RunAsync("pull", "-q", fixture.Image);

        await oci.RunAsync("unpack", fixture.Image, _directory["tree"]);
        await Command.RunAsync(umoci, "unpack", "--image", $"{fixture.LayoutPath}:{InteropFixture.Tag}", _directory["bundle"]);

        Assert.Equal(await TreeListing.ReadAsync(_directory["bundle/rootfs"]), await TreeListing.ReadAsync(_directory["tree"]));
        var again = await oci.TryRunAsync("unpack", fixture.Image, _directory["tree"]);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("not empty", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_SecondTime_SaysUpToDate()
    {
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", fixture.Image);
        int before = fixture.Registry.AccessLog.Count(entry => entry.Method == "GET");

        string again = await oci.RunAsync("pull", fixture.Image);

        Assert.Contains($"Status: Image is up to date for {fixture.Image}", again, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Registry.AccessLog.Where(entry => entry.Method == "GET").Skip(before), entry => entry.Target.Contains("/blobs/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_Platform_ChoosesItFromTheIndex()
    {
        var oci = new OciProgram(_directory["root"]);

        await oci.RunAsync("pull", "-q", "--platform", "linux/arm64", fixture.MultiImage);

        using var inspected = JsonDocument.Parse(await oci.RunAsync("inspect", fixture.MultiImage));
        Assert.Equal("arm64", inspected.RootElement[0].GetProperty("Architecture").GetString());
        var missing = await oci.TryRunAsync("pull", "--platform", "linux/mips", fixture.MultiImage);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("no matching manifest for linux/mips", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_KilledInTheMiddle_NextProcessFetchesOnlyTheRest()
    {
        Peers.Require("nginx");
        await using var slow = await NginxProxy.StartAsync(fixture.Registry.Port, new NginxProxyOptions { LimitRate = "8m" });
        string image = fixture.BigImage.Replace(fixture.Registry.Authority, slow.Authority, StringComparison.Ordinal);
        var oci = new OciProgram(_directory["root"]);
        long kept = await KillWhenIngestHasAsync(oci, image, bytes: 12 << 20);

        int before = slow.AccessLog.Count;
        var second = await oci.TryRunAsync("pull", image);

        Assert.True(second.ExitCode == 0, second.Error);
        var blobs = slow.AccessLog.Skip(before).Where(entry => entry.Method == "GET" && entry.Target.Contains("/blobs/", StringComparison.Ordinal)).ToList();
        long size = Directory.GetFiles(_directory["root/oci-images/content/blobs/sha256"]).Max(file => new FileInfo(file).Length);
        // The first process's request may be logged after its death; ours is the one that ran to its end.
        long fetched = blobs.Where(entry => entry.Status == 206).Sum(entry => entry.Bytes);
        Assert.InRange(fetched, 1, size - kept + 4096);
        using var inspected = JsonDocument.Parse(await oci.RunAsync("inspect", image));
        Assert.Equal(1, inspected.RootElement[0].GetProperty("RootFS").GetProperty("Layers").GetArrayLength());
        Assert.Empty(Directory.GetDirectories(_directory["root/oci-images/content/ingest"]));
        Assert.Empty(Directory.GetDirectories(_directory["root/image/overlay2/layerdb/tmp"]));
    }

    [Fact]
    public async Task Pull_AllTags_PullsEachOfThem()
    {
        string repository = $"{fixture.Registry.Authority}/test/tags";
        foreach (string tag in new[] { "one", "two" })
            await Command.RunAsync("skopeo", "copy", "-q", "--dest-tls-verify=false", $"oci:{fixture.LayoutPath}:{InteropFixture.Tag}", $"docker://{repository}:{tag}");
        var oci = new OciProgram(_directory["root"]);

        string output = await oci.RunAsync("pull", "--all-tags", "-q", repository);

        Assert.Equal($"{repository}:one\n{repository}:two\n", output);
        string listed = await oci.RunAsync("images");
        Assert.Matches(@$"{repository}\s+one\s+[0-9a-f]{{12}}\s+\d+ years ago\s+[0-9.]+MB", listed);
        Assert.Single((await oci.RunAsync("images", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Store_Content_IsAnOciLayoutThatSkopeoReads()
    {
        var oci = new OciProgram(_directory["root"], "blob");
        string output = await oci.RunAsync("pull", fixture.Image);
        string digest = output.Split('\n').Single(line => line.StartsWith("Digest: ", StringComparison.Ordinal))["Digest: ".Length..];
        string content = _directory["root/oci-images/content"];
        long size = new FileInfo(Path.Combine(content, "blobs", "sha256", Digest.Parse(digest).Hex)).Length;
        await File.WriteAllTextAsync(
            Path.Combine(content, "index.json"),
            $$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{digest}}","size":{{size}}}]}""");

        await Command.RunAsync("skopeo", "copy", "-q", $"oci:{content}", $"oci:{_directory["copy"]}:copied");
    }

    private static async Task<long> KillWhenIngestHasAsync(OciProgram oci, string image, long bytes)
    {
        using var process = Command.Start(OciProgram.Path, oci.Arguments("pull", image));
        string ingests = Path.Combine(oci.Root, "oci-images", "content", "ingest");
        var clock = Stopwatch.StartNew();
        while (Length() < bytes)
        {
            Assert.False(process.HasExited, "The pull ended before it could be killed.");
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "The pull does not get on.");
            await Task.Delay(20);
        }
        process.Kill();
        await process.WaitForExitAsync();
        return Length();

        long Length() => Directory.Exists(ingests)
            ? Directory.GetFiles(ingests, "data", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length)
            : 0;
    }
}
