using System.Text.Json;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;
using OciImages.TestSupport.Trees;

namespace OciImages.Interop.Tests;

/// <summary>Archives exchanged with the programs that people have, both ways.</summary>
public sealed class ArchiveTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Save_IsReadBySkopeo_WithTheSameDigests()
    {
        string skopeo = Peers.Require("skopeo");
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", "-q", fixture.Image);

        await oci.RunAsync("save", "-o", _directory["image.tar"], fixture.Image);

        // The manifest in the layout is the one that was pulled, byte for byte; docker's half has the same config.
        string raw = await Command.RunAsync(skopeo, "inspect", "--tls-verify=false", "--raw", $"docker://{fixture.Image}");
        Assert.Equal(raw, await Command.RunAsync(skopeo, "inspect", "--raw", $"oci-archive:{_directory["image.tar"]}"));
        string config = await Command.RunAsync(skopeo, "inspect", "--tls-verify=false", "--config", "--raw", $"docker://{fixture.Image}");
        Assert.Equal(config, await Command.RunAsync(skopeo, "inspect", "--config", "--raw", $"docker-archive:{_directory["image.tar"]}"));
        // Copied out of either half, every layer is read and verified.
        await Command.RunAsync(skopeo, "copy", "-q", $"oci-archive:{_directory["image.tar"]}", $"dir:{_directory["a"]}");
        await Command.RunAsync(skopeo, "copy", "-q", $"docker-archive:{_directory["image.tar"]}", $"dir:{_directory["b"]}");
    }

    [Fact]
    public async Task Save_OfAllPlatforms_IsAWholeLayout()
    {
        string skopeo = Peers.Require("skopeo");
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", "-q", "--platform", "linux/amd64", fixture.MultiImage);
        var partial = await oci.TryRunAsync("save", "--all-platforms", "-o", _directory["multi.tar"], fixture.MultiImage);
        await oci.RunAsync("pull", "-q", "--platform", "linux/arm64", fixture.MultiImage);

        await oci.RunAsync("save", "--all-platforms", "-o", _directory["multi.tar"], fixture.MultiImage);

        Assert.Equal(1, partial.ExitCode);
        Assert.Contains("missing: linux/arm64", partial.Error, StringComparison.Ordinal);
        string raw = await Command.RunAsync(skopeo, "inspect", "--tls-verify=false", "--raw", $"docker://{fixture.MultiImage}");
        Assert.Equal(raw, await Command.RunAsync(skopeo, "inspect", "--raw", $"oci-archive:{_directory["multi.tar"]}"));
        await Command.RunAsync(skopeo, "copy", "-q", "--all", $"oci-archive:{_directory["multi.tar"]}", $"dir:{_directory["all"]}");
    }

    [Theory]
    [InlineData("docker-archive")]
    [InlineData("oci-archive")]
    public async Task Load_OfWhatSkopeoWrote_GivesTheImage(string format)
    {
        string skopeo = Peers.Require("skopeo");
        string archive = _directory["image.tar"];
        await Command.RunAsync(skopeo, "copy", "-q", "--src-tls-verify=false", $"docker://{fixture.Image}", $"{format}:{archive}:example.org/nasty:v1");
        var pulled = new OciProgram(_directory["pulled"]);
        await pulled.RunAsync("pull", "-q", fixture.Image);

        foreach (string root in new[] { "file", "pipe" })
        {
            var oci = new OciProgram(_directory[root]);
            string output = root == "file"
                ? await oci.RunAsync("load", "-q", "-i", archive)
                : await Command.RunAsync("sh", "-c", $"cat '{archive}' | '{OciProgram.Path}' {string.Join(' ', oci.Arguments("load", "-q"))}");

            Assert.Equal("Loaded image: example.org/nasty:v1\n", output);
            Assert.Equal(await IdAsync(pulled, fixture.Image), await IdAsync(oci, "example.org/nasty:v1"));
            Assert.Equal(await UnpackAsync(pulled, fixture.Image), await UnpackAsync(oci, "example.org/nasty:v1"));
        }
    }

    [Fact]
    public async Task Docker_LoadsWhatWasSaved_AndSavesWhatLoads()
    {
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", "-q", fixture.MultiImage);
        await oci.RunAsync("tag", fixture.MultiImage, "small:v1");
        await using var docker = await DockerDaemon.StartAsync(_directory["docker"]);

        await oci.RunAsync("save", "-o", _directory["ours.tar"], "small:v1");
        string loaded = await docker.RunAsync("load", "-q", "-i", _directory["ours.tar"]);
        await docker.RunAsync("save", "-o", _directory["theirs.tar"], "small:v1");
        var other = new OciProgram(_directory["other"]);
        string back = await other.RunAsync("load", "-q", "-i", _directory["theirs.tar"]);

        Assert.Equal("Loaded image: small:v1\n", loaded);
        Assert.Equal("Loaded image: small:v1\n", back);
        string id = await IdAsync(oci, "small:v1");
        Assert.Equal(id, (await docker.RunAsync("image", "inspect", "-f", "{{.Id}}", "small:v1")).Trim());
        Assert.Equal(id, await IdAsync(other, "small:v1"));
        // Docker's archive has no compressed blobs: ours of it is made of the same layers again.
        await other.RunAsync("save", "-o", _directory["again.tar"], "small:v1");
        await docker.RunAsync("rmi", "small:v1");
        Assert.Equal("Loaded image: small:v1\n", await docker.RunAsync("load", "-q", "-i", _directory["again.tar"]));
    }

    [Fact]
    public async Task Podman_LoadsWhatWasSaved_AndSavesWhatLoads()
    {
        string podman = Peers.Require("podman");
        string[] store = ["--root", _directory["podman"], "--runroot", _directory["run"], "--storage-driver", "vfs"];
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", "-q", fixture.MultiImage);
        await oci.RunAsync("tag", fixture.MultiImage, "docker.io/library/small:v1");
        string id = await IdAsync(oci, "small:v1");

        await oci.RunAsync("save", "-o", _directory["ours.tar"], "small:v1");
        await Command.RunAsync(podman, [.. store, "load", "-q", "-i", _directory["ours.tar"]]);
        Assert.Equal(id, "sha256:" + (await Command.RunAsync(podman, [.. store, "image", "inspect", "-f", "{{.Id}}", "docker.io/library/small:v1"])).Trim());
        foreach (string format in new[] { "docker-archive", "oci-archive" })
        {
            await Command.RunAsync(podman, [.. store, "save", "-q", "--format", format, "-o", _directory[$"{format}.tar"], "docker.io/library/small:v1"]);
            var other = new OciProgram(_directory[format]);
            Assert.Equal("Loaded image: small:v1\n", await other.RunAsync("load", "-q", "-i", _directory[$"{format}.tar"]));
            Assert.Equal(id, await IdAsync(other, "small:v1"));
        }
    }

    [Fact]
    public async Task Umoci_UnpacksWhatWasSaved()
    {
        string umoci = Peers.Require("umoci");
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", "-q", fixture.Image);
        await oci.RunAsync("save", "-o", _directory["image.tar"], fixture.Image);
        Directory.CreateDirectory(_directory["layout"]);
        await Command.RunAsync("tar", "-xf", _directory["image.tar"], "-C", _directory["layout"]);

        await Command.RunAsync(umoci, "unpack", "--image", $"{_directory["layout"]}:{InteropFixture.Tag}", _directory["bundle"]);

        Assert.Equal(await TreeListing.ReadAsync(_directory["bundle/rootfs"]), await UnpackAsync(oci, fixture.Image));
    }

    [Fact]
    public async Task ContentStore_IsALayoutForSkopeoAndUmoci_AsTagsComeAndGo()
    {
        string skopeo = Peers.Require("skopeo");
        string umoci = Peers.Require("umoci");
        var oci = new OciProgram(_directory["root"]);
        await oci.RunAsync("pull", "-q", fixture.Image);
        await oci.RunAsync("tag", fixture.Image, "example.org/other");
        string layout = _directory["root/oci-images/content"];

        string raw = await Command.RunAsync(skopeo, "inspect", "--tls-verify=false", "--raw", $"docker://{fixture.Image}");
        Assert.Equal(raw, await Command.RunAsync(skopeo, "inspect", "--raw", $"oci:{layout}:{fixture.Image}"));
        Assert.Equal(
            new[] { fixture.Image, "example.org/other:latest" }.Order(),
            (await Command.RunAsync(umoci, "list", "--layout", layout)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());

        await oci.RunAsync("rmi", "example.org/other");

        Assert.Equal($"{fixture.Image}\n", await Command.RunAsync(umoci, "list", "--layout", layout));
    }

    private async Task<IReadOnlyList<string>> UnpackAsync(OciProgram oci, string image)
    {
        string directory = _directory[$"tree-{Guid.NewGuid():N}"];
        await oci.RunAsync("unpack", image, directory);
        return await TreeListing.ReadAsync(directory);
    }

    private static async Task<string> IdAsync(OciProgram oci, string image)
    {
        using var inspected = JsonDocument.Parse(await oci.RunAsync("inspect", image));
        return inspected.RootElement[0].GetProperty("Id").GetString()!;
    }
}
