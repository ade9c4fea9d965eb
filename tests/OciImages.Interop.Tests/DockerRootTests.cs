using System.Text;
using System.Text.Json.Nodes;
using OciImages.Layers;
using OciImages.Layers.Diff;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>One data root, of a real dockerd and of this library by turns: each finds all that the other made, and goes on with it.</summary>
public sealed class DockerRootTests(DockerRootFixture fixture) : IClassFixture<DockerRootFixture>, IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Root => _directory["root"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("overlay2")]
    [InlineData("vfs")]
    public async Task WrittenHere_DockerdListsInspectsRunsSavesAndPushes(string driver)
    {
        await using var registry = await DockerRegistry.StartAsync();
        string layered = await SeedAsync(registry);
        var oci = new OciProgram(Root, driver);
        await oci.RunAsync("pull", "-q", layered);
        await oci.RunAsync("load", "-q", "-i", fixture.Archive);
        await oci.RunAsync("tag", "test/small:1", "other/name:2");
        await WriteLayerAsync(driver, layered, "by-us");
        string[] names = [layered, "test/small:1"];
        var ours = await InspectAsync(oci, names);

        await using (var docker = await DockerDaemon.StartAsync(Root, driver))
        {
            Assert.Equal(
                [layered, "other/name:2", "test/small:1"], (await LinesAsync(docker, "images", "--format", "{{.Repository}}:{{.Tag}}")).Order(StringComparer.Ordinal));
            AssertSame(ours, await InspectAsync(docker, names));
            Assert.Equal("new", await docker.RunAsync("run", "--rm", "--network", "none", layered, "/bin/busybox", "cat", "/etc/new"));
            Assert.Equal("kept\nnew\n", await docker.RunAsync(
                "run", "--rm", "--network", "none", layered, "/bin/busybox", "sh", "-c", "cd /etc; ls | /bin/busybox grep -E '^(gone|kept|new)$'"));
            await docker.RunAsync("save", "-o", _directory["saved.tar"], "other/name:2");
            Assert.Equal(
                ours["test/small:1"]!["Id"]!.GetValue<string>(), await ConfigOfAsync($"docker-archive:{_directory["saved.tar"]}:other/name:2"));
            string pushed = $"{registry.Authority}/by/docker:1";
            await docker.RunAsync("tag", layered, pushed);
            await docker.RunAsync("push", "-q", pushed);
            Assert.Equal(ours[layered]!["Id"]!.GetValue<string>(), await ConfigOfAsync($"docker://{pushed}"));
            await docker.RunAsync("rmi", "test/small:1", "other/name:2");
        }

        Assert.Equal(("", 0), await FsckAsync(oci, "--deep"));
        Assert.Equal(["modified: etc", "added: etc/by-us"], await ChangesAsync(driver, "by-us"));
        Assert.DoesNotContain("small", await oci.RunAsync("images"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("overlay2")]
    [InlineData("vfs")]
    public async Task WrittenByDockerd_IsReadExportedAndRemovedSoThatDockerdGoesOn(string driver)
    {
        await using var registry = await DockerRegistry.StartAsync();
        string layered = await SeedAsync(registry);
        string[] names = [layered, "test/small:1", "mine/committed:1"];
        string[] changes, containers;
        JsonObject theirs;
        JsonNode? container;
        await using (var docker = await DockerDaemon.StartAsync(Root, driver))
        {
            await docker.RunAsync("load", "-q", "-i", fixture.Archive);
            await docker.RunAsync("pull", "-q", layered);
            string first = await RunToEndAsync(docker, "test/small:1", "echo ran; echo 1 > /etc/by-docker; /bin/busybox rm -f /etc/gone");
            await docker.RunAsync("commit", first, "mine/committed:1");
            string second = await RunToEndAsync(docker, layered, "/bin/busybox cat /etc/new");
            containers = [first, second];
            theirs = await InspectAsync(docker, names);
            container = JsonNode.Parse(await docker.RunAsync("inspect", first))![0]!["GraphDriver"]!["Data"];
            changes = [.. (await LinesAsync(docker, "diff", first)).Order(StringComparer.Ordinal)];
        }

        var oci = new OciProgram(Root, driver);
        Assert.Equal(("", 0), await FsckAsync(oci, "--deep"));
        AssertSame(theirs, await InspectAsync(oci, names));
        foreach (string name in names)
        {
            await oci.RunAsync("save", "-o", _directory["saved.tar"], name);
            Assert.Equal(theirs[name]!["Id"]!.GetValue<string>(), await ConfigOfAsync($"docker-archive:{_directory["saved.tar"]}:{name}"));
        }
        await oci.RunAsync("unpack", "mine/committed:1", _directory["tree"]);
        Assert.Equal("1\n", await File.ReadAllTextAsync(_directory["tree/etc/by-docker"], TestContext.Current.CancellationToken));
        Assert.False(File.Exists(_directory["tree/etc/gone"]));
        string pushed = $"{registry.Authority}/by/oci:1";
        await oci.RunAsync("tag", "mine/committed:1", pushed);
        await oci.RunAsync("push", "-q", pushed);
        Assert.Equal(theirs["mine/committed:1"]!["Id"]!.GetValue<string>(), await ConfigOfAsync($"docker://{pushed}"));
        Assert.Contains("step 2", await oci.RunAsync("history", layered), StringComparison.Ordinal);
        string usage = await oci.RunAsync("df", "-v");
        Assert.All(containers, id => Assert.Contains(id, usage, StringComparison.Ordinal));
        await CheckWritableAsync(driver, containers[0], container, changes);

        var refused = await oci.TryRunAsync("rmi", layered);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"container {containers[1][..12]} is using its referenced image", refused.Error, StringComparison.Ordinal);
        await oci.RunAsync("rmi", pushed, "mine/committed:1");
        await oci.RunAsync("prune", "-a", "-f");
        Assert.Equal(("", 0), await FsckAsync(oci, "--deep"));

        await using (var docker = await DockerDaemon.StartAsync(Root, driver))
        {
            Assert.Equal([layered, "test/small:1"], (await LinesAsync(docker, "images", "--format", "{{.Repository}}:{{.Tag}}")).Order(StringComparer.Ordinal));
            Assert.Equal("ran\n", await docker.RunAsync("start", "-a", containers[0]));
            Assert.Equal("new", await docker.RunAsync("start", "-a", containers[1]));
            await docker.RunAsync("rm", containers[0], containers[1]);
            await docker.RunAsync("rmi", "test/small:1");
        }
        Assert.Equal(("", 0), await FsckAsync(oci));
        await oci.RunAsync("rmi", layered);
        Assert.Empty(Directory.GetDirectories(Path.Combine(Root, "image", driver, "layerdb", "sha256")));
    }

    private async Task<string> SeedAsync(DockerRegistry registry)
    {
        string image = $"{registry.Authority}/test/layered:1";
        await Command.RunAsync(Peers.Require("skopeo"), "copy", "-q", "--dest-tls-verify=false", $"oci:{fixture.LayoutPath}:layered", $"docker://{image}");
        return image;
    }

    private ImageRoot Open(string driver) => ImageRoot.Open(new ImageRootOptions { Path = Root, Driver = driver });

    private async Task WriteLayerAsync(string driver, string image, string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it needs Linux");
        await using var root = Open(driver);
        var id = await root.References.FindAsync(ImageReference.Parse(image));
        var config = await root.Images.FindAsync(id!.Value);
        var options = new WritableLayerOptions { Initialize = DockerInitLayer.FillAsync };
        var layer = await root.WritableLayers.CreateAsync(name, ChainId.Of([.. config!.DiffIds]), options);
        await using var mount = await layer.MountAsync();
        await File.WriteAllTextAsync(Path.Combine(mount.Path, "etc", name), name);
    }

    private async Task<string[]> ChangesAsync(string driver, string name)
    {
        await using var root = Open(driver);
        var layer = await root.WritableLayers.FindAsync(name);
        return [.. (await layer!.GetChangesAsync()).Select(change => $"{change.Kind.ToString().ToLowerInvariant()}: {Encoding.UTF8.GetString(change.Path.Span)}")];
    }

    private async Task CheckWritableAsync(string driver, string name, JsonNode? data, string[] changes)
    {
        await using var root = Open(driver);
        var layer = await root.WritableLayers.FindAsync(name);
        var metadata = await layer!.GetMetadataAsync();
        Assert.Equal(data?.AsObject().ToDictionary(member => member.Key, member => member.Value!.GetValue<string>()), metadata);
        Assert.Equal(changes, (await layer.GetChangesAsync()).Select(change => $"{Letter(change.Kind)} /{Encoding.UTF8.GetString(change.Path.Span)}").Order(StringComparer.Ordinal));

        static char Letter(TreeChangeKind kind) => kind switch
        {
            TreeChangeKind.Added => 'A',
            TreeChangeKind.Deleted => 'D',
            _ => 'C',
        };
    }

    /// <summary>Runs a command in a container, which stays.</summary>
    /// <returns>The container.</returns>
    private static async Task<string> RunToEndAsync(DockerDaemon docker, string image, string script)
    {
        string container = (await docker.RunAsync("create", "--network", "none", image, "/bin/busybox", "sh", "-c", script)).Trim();
        await docker.RunAsync("start", "-a", container);
        return container;
    }

    private static async Task<string[]> LinesAsync(DockerDaemon docker, params string[] arguments) =>
        (await docker.RunAsync(arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<JsonObject> InspectAsync(DockerDaemon docker, string[] names) =>
        Comparable(await docker.RunAsync(["image", "inspect", .. names]), names);

    private static async Task<JsonObject> InspectAsync(OciProgram oci, string[] names) => Comparable(await oci.RunAsync(["inspect", .. names]), names);

    // What the data root says; the rest is the config, which both programs print in their own way.
    private static JsonObject Comparable(string json, string[] names)
    {
        var images = new JsonObject();
        foreach (var (image, name) in JsonNode.Parse(json)!.AsArray().Zip(names))
        {
            var kept = new JsonObject();
            foreach (string member in new[] { "Id", "RepoTags", "RepoDigests", "Parent", "Size", "GraphDriver", "RootFS", "Architecture", "Os" })
                kept[member] = image![member]?.DeepClone();
            images[name] = kept;
        }
        return images;
    }

    private static void AssertSame(JsonObject expected, JsonObject actual) =>
        Assert.True(JsonNode.DeepEquals(expected, actual), $"Expected: {expected.ToJsonString()}\nActual:   {actual.ToJsonString()}");

    private static async Task<string> ConfigOfAsync(string image)
    {
        string[] options = image.StartsWith("docker:", StringComparison.Ordinal) ? ["--tls-verify=false"] : [];
        string raw = await Command.RunAsync(Peers.Require("skopeo"), ["inspect", "--config", "--raw", .. options, image]);
        return Digest.Compute(Encoding.Latin1.GetBytes(raw)).ToString();
    }

    private static async Task<(string Output, int ExitCode)> FsckAsync(OciProgram oci, params string[] options)
    {
        var result = await oci.TryRunAsync(["fsck", .. options]);
        return (result.Output, result.ExitCode);
    }
}
