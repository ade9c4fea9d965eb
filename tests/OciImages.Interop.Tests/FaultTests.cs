using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>What users see when something is wrong: one line, exit status 1, a store as it was.</summary>
public sealed class FaultTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Pull_DiskFull_SaysSoAndContinuesOnceThereIsRoom()
    {
        string disk = _directory["disk"];
        Directory.CreateDirectory(disk);
        await Command.RunAsync("mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", disk);
        try
        {
            var oci = new OciProgram(disk);
            await AssertFailsAsync(oci, ["pull", fixture.BigImage], "No space left on device");
            Assert.Equal("", await oci.RunAsync("images", "-q"));
            Assert.Empty(Directory.GetDirectories(Path.Combine(disk, "image/overlay2/layerdb/tmp")));

            await Command.RunAsync("mount", "-o", "remount,size=400m", disk);
            await oci.RunAsync("pull", fixture.BigImage);
        }
        finally
        {
            await Command.RunAsync("umount", "-l", disk);
        }
    }

    [Fact]
    public async Task Pull_ReadOnlyRoot_SaysSo()
    {
        string disk = _directory["disk"];
        Directory.CreateDirectory(disk);
        await Command.RunAsync("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk);
        try
        {
            await AssertFailsAsync(new OciProgram(Path.Combine(disk, "root")), ["pull", fixture.Image], "Read-only file system");
        }
        finally
        {
            await Command.RunAsync("umount", "-l", disk);
        }
    }

    [Theory]
    [InlineData("test/nothing:latest", "test/nothing")]
    [InlineData("test/nasty:nothing", "nothing")]
    public async Task Pull_NoSuchImage_NamesIt(string image, string named) =>
        await AssertFailsAsync(new OciProgram(_directory["root"]), ["pull", $"{fixture.Registry.Authority}/{image}"], named);

    [Fact]
    public async Task Pull_NobodyListens_NamesTheRegistry()
    {
        string registry = $"127.0.0.1:{ServerProcess.FreePort()}";
        await AssertFailsAsync(new OciProgram(_directory["root"]), ["pull", $"{registry}/app"], registry);
    }

    [Theory]
    [InlineData("UPPER/case")]
    [InlineData("name:bad tag")]
    [InlineData("sha256:0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Pull_MalformedReference_IsRefused(string reference) =>
        await AssertFailsAsync(new OciProgram(_directory["root"]), ["pull", reference], "");

    [Theory]
    [InlineData("pull")]
    [InlineData("nonsense")]
    [InlineData("images", "--format", "xml")]
    [InlineData("pull", "a", "b")]
    public async Task AnyVerb_BadUsage_Exits2(params string[] arguments)
    {
        var result = await new OciProgram(_directory["root"]).TryRunAsync(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("oci: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task Inspect_NoSuchImage_IsOneLine() =>
        await AssertFailsAsync(new OciProgram(_directory["root"]), ["inspect", "nginx"], "No such image: nginx:latest");

    [Fact]
    public async Task Mount_BlobDriver_PointsToUnpack()
    {
        var oci = new OciProgram(_directory["root"], "blob");
        await oci.RunAsync("pull", "-q", fixture.Image);
        await AssertFailsAsync(oci, ["mount", fixture.Image], "oci unpack");
    }

    [Fact]
    public async Task Pull_FlakyRegistry_Succeeds()
    {
        Peers.Require("nginx");
        await using var flaky = await NginxProxy.StartAsync(fixture.Registry.Port, new NginxProxyOptions { UnavailablePercent = 20, DroppedPercent = 10 });
        await new OciProgram(_directory["root"]).RunAsync("pull", fixture.Image.Replace(fixture.Registry.Authority, flaky.Authority, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_RedirectedBlobs_Succeeds()
    {
        Peers.Require("nginx");
        await using var redirecting = await NginxProxy.StartAsync(fixture.Registry.Port, new NginxProxyOptions { RedirectBlobsTo = fixture.Registry.Url });
        string image = fixture.Image.Replace(fixture.Registry.Authority, redirecting.Authority, StringComparison.Ordinal);

        await new OciProgram(_directory["root"]).RunAsync("pull", image);

        Assert.Contains(redirecting.AccessLog, entry => entry.Status == 307);
    }

    [Fact]
    public async Task Pull_ConnectionCutEvery9Mebibytes_Succeeds()
    {
        await using var cutting = FaultProxy.Start(fixture.Registry.Port, _ => 9 << 20);
        string image = fixture.BigImage.Replace(fixture.Registry.Authority, cutting.Authority, StringComparison.Ordinal);

        await new OciProgram(_directory["root"], "blob").RunAsync("pull", image);

        Assert.True(cutting.Connections > 7);
    }

    private static async Task AssertFailsAsync(OciProgram oci, string[] arguments, string expected)
    {
        var result = await oci.TryRunAsync(arguments);
        Assert.Equal(1, result.ExitCode);
        string last = result.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("oci: ", last, StringComparison.Ordinal);
        Assert.Contains(expected, last, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }
}
