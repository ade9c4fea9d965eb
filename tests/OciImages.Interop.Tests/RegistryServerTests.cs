using System.Net;
using OciImages.Manifests;
using OciImages.Registry;
using OciImages.TestSupport;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;
using OciImages.TestSupport.Tars;

namespace OciImages.Interop.Tests;

/// <summary><c>oci registry</c> as other programs use it.</summary>
public sealed class RegistryServerTests : IAsyncLifetime
{
    private const string Image = "test/image:latest";

    private readonly TempDirectory _directory = new();
    private readonly string _layoutPath;
    private readonly OciLayoutBuilder _layout;
    private RegistryProgram? _registry;

    public RegistryServerTests()
    {
        _layoutPath = _directory["layout"];
        _layout = new OciLayoutBuilder(_layoutPath);
        var amd64 = _layout.AddImage("one", [Layer("amd64"), Layer("top")]);
        var arm64 = _layout.AddImage(null, [Layer("arm64")], new Platform("linux", "arm64"));
        _layout.AddIndex("multi", amd64, arm64);
    }

    private RegistryProgram Registry => _registry!;

    public async ValueTask InitializeAsync() => _registry = await RegistryProgram.StartAsync(_directory["root"]);

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("oci", "gzip")]
    [InlineData("oci", "zstd")]
    [InlineData("v2s2", "gzip")]
    public async Task Skopeo_PushesAndPullsTheSameImage(string format, string compression)
    {
        string skopeo = Peers.Require("skopeo");
        await Command.RunAsync(
            skopeo, "copy", "-q", "--format", format, "--dest-compress-format", compression, "--dest-tls-verify=false", $"oci:{_layoutPath}:one", $"docker://{Registry.Authority}/{Image}");
        string pushed = await RawAsync(Image);
        var manifest = (ImageManifest)Manifest.Parse(new ManifestContent("", System.Text.Encoding.Latin1.GetBytes(pushed)));
        Assert.Equal(format == "oci" ? MediaTypes.OciManifest : MediaTypes.DockerManifest, manifest.MediaType);
        await Command.RunAsync(skopeo, "copy", "-q", "--src-tls-verify=false", "--preserve-digests", $"docker://{Registry.Authority}/{Image}", $"dir:{_directory["out"]}");
        Assert.Equal(pushed, await File.ReadAllTextAsync(_directory["out/manifest.json"]));
        foreach (var blob in manifest.Layers.Prepend(manifest.Config))
            Assert.Equal(blob.Digest, Digest.Compute(await File.ReadAllBytesAsync(_directory[$"out/{blob.Digest.Hex}"])));
    }

    [Fact]
    public async Task Skopeo_CopiesAMultiPlatformIndexAndListsTagsAndDeletes()
    {
        string skopeo = Peers.Require("skopeo");
        await Command.RunAsync(skopeo, "copy", "-q", "--all", "--dest-tls-verify=false", $"oci:{_layoutPath}:multi", $"docker://{Registry.Authority}/{Image}");
        Assert.Contains("latest", await Command.RunAsync(skopeo, "list-tags", "--tls-verify=false", $"docker://{Registry.Authority}/test/image"), StringComparison.Ordinal);
        var index = (ImageIndex)Manifest.Parse(new ManifestContent("", System.Text.Encoding.Latin1.GetBytes(await RawAsync(Image))));
        Assert.Equal(2, index.Manifests.Count);
        await Command.RunAsync(skopeo, "copy", "-q", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{Registry.Authority}/{Image}", $"docker://{Registry.Authority}/other/place:1");
        Assert.Equal(await RawAsync(Image), await RawAsync("other/place:1"));
        await Command.RunAsync(skopeo, "delete", "--tls-verify=false", $"docker://{Registry.Authority}/other/place:1");
        Assert.NotEqual(0, (await Command.TryRunAsync(skopeo, "inspect", "--tls-verify=false", $"docker://{Registry.Authority}/other/place:1")).ExitCode);
    }

    [Theory]
    [InlineData("buildah")]
    [InlineData("podman")]
    public async Task BuildahAndPodman_PullAndPush(string program)
    {
        string peer = Peers.Require(program);
        Peers.RequireRoot();
        await SeedAsync();
        string[] storage = ["--root", _directory["storage"], "--runroot", _directory["run"], "--storage-driver", "vfs"];
        await Command.RunAsync(peer, [.. storage, "pull", "-q", "--tls-verify=false", $"{Registry.Authority}/{Image}"]);
        await Command.RunAsync(peer, [.. storage, "push", "-q", "--tls-verify=false", $"{Registry.Authority}/{Image}", $"docker://{Registry.Authority}/by/{program}:1"]);
        var before = (ImageManifest)Manifest.Parse(new ManifestContent("", System.Text.Encoding.Latin1.GetBytes(await RawAsync(Image))));
        var after = (ImageManifest)Manifest.Parse(new ManifestContent("", System.Text.Encoding.Latin1.GetBytes(await RawAsync($"by/{program}:1"))));
        Assert.Equal(before.Config.Digest, after.Config.Digest);
    }

    // Of zstd only the others are asked: dockerd takes it from version 23 on, and Debian 12 has 20.10.
    [Theory]
    [InlineData("v2s2")]
    [InlineData("oci")]
    public async Task Docker_PullsAndPushes(string format)
    {
        await using var docker = await DockerDaemon.StartAsync(_directory["docker"]);
        await CopyAsync("one", Image, "--format", format);
        string image = $"{Registry.Authority}/{Image}";
        string pulled = await docker.RunAsync("pull", image);
        Assert.Contains($"Digest: {Digest.Compute(System.Text.Encoding.Latin1.GetBytes(await RawAsync(Image)))}", pulled, StringComparison.Ordinal);
        string pushed = $"{Registry.Authority}/by/docker:1";
        await docker.RunAsync("tag", image, pushed);
        await docker.RunAsync("push", pushed);
        await docker.RunAsync("rmi", image, pushed);
        await docker.RunAsync("pull", pushed);
        Assert.Equal(await ConfigOfAsync(Image), await ConfigOfAsync("by/docker:1"));
        Assert.Equal(await ConfigOfAsync(Image), Digest.Parse((await docker.RunAsync("image", "inspect", "--format", "{{.Id}}", pushed)).Trim()));
    }

    [Fact]
    public async Task Docker_PullsAPlatformOfAnIndex()
    {
        await using var docker = await DockerDaemon.StartAsync(_directory["docker"]);
        await CopyAsync("multi", Image, "--all");
        await docker.RunAsync("pull", "--platform", "linux/arm64", $"{Registry.Authority}/{Image}");
        Assert.Equal("arm64\n", await docker.RunAsync("image", "inspect", "--format", "{{.Architecture}}", $"{Registry.Authority}/{Image}"));
    }

    [Theory]
    [InlineData("one", "v2s2", "gzip")]
    [InlineData("one", "oci", "zstd")]
    [InlineData("multi", "oci", "gzip")]
    public async Task Containerd_PullsAndPushesTheSameManifest(string tag, string format, string compression)
    {
        await using var containerd = await Containerd.StartAsync();
        await CopyAsync(tag, Image, "--all", "--format", format, "--dest-compress-format", compression);
        await containerd.RunAsync("images", "pull", "--plain-http", "--all-platforms", $"{Registry.Authority}/{Image}");
        await containerd.RunAsync("images", "tag", $"{Registry.Authority}/{Image}", $"{Registry.Authority}/by/ctr:1");
        await containerd.RunAsync("images", "push", "--plain-http", $"{Registry.Authority}/by/ctr:1");
        Assert.Equal(await RawAsync(Image), await RawAsync("by/ctr:1"));
    }

    [Fact]
    public async Task Oras_PushesPullsAttachesAndDiscovers()
    {
        Assert.SkipUnless(Peers.Find("oras") is not null, "oras is not installed: Debian has it from version 13 on");
        string oras = Peers.Require("oras");
        string file = _directory["artifact.txt"];
        await File.WriteAllTextAsync(file, "an artifact");
        string artifact = $"{Registry.Authority}/an/artifact:1";
        await Command.BashAsync(_directory.Path, $"{oras} push --plain-http --artifact-type application/vnd.example {artifact} artifact.txt:text/plain");
        await Command.BashAsync(_directory.Path, $"{oras} attach --plain-http --artifact-type application/vnd.note {artifact} artifact.txt:text/plain");
        Assert.Contains("application/vnd.note", await Command.RunAsync(oras, "discover", "--plain-http", "--format", "json", artifact), StringComparison.Ordinal);
        await Command.RunAsync(oras, "pull", "--plain-http", "--output", _directory["pulled"], artifact);
        Assert.Equal("an artifact", await File.ReadAllTextAsync(_directory["pulled/artifact.txt"]));
        await Command.RunAsync(oras, "copy", "--recursive", "--from-plain-http", "--to-plain-http", artifact, $"{Registry.Authority}/another/place:1");
        Assert.Equal(await RawAsync("an/artifact:1"), await RawAsync("another/place:1"));
    }

    [Fact]
    public async Task Images_AreServedAsTheyAre()
    {
        await CopyAsync("one", Image);
        await CopyAsync("multi", "test/multi:1", "--all");
        var oci = new OciProgram(_directory["images"]);
        await using var peer = await RegistryProgram.StartAsync(oci.Root, "--images");
        string name = Registry.Authority.Replace(':', '_');
        Assert.Equal("""{"repositories":[]}""", await GetAsync(peer, "/v2/_catalog"));
        await oci.RunAsync("pull", $"{Registry.Authority}/{Image}");
        await oci.RunAsync("pull", $"{Registry.Authority}/test/multi:1");
        Assert.Equal($$"""{"repositories":["{{name}}/test/image","{{name}}/test/multi"]}""", await GetAsync(peer, "/v2/_catalog"));
        // The store is all there is.
        await Registry.DisposeAsync();
        await using var docker = await DockerDaemon.StartAsync(_directory["docker"]);
        foreach (string image in new[] { "test/image:latest", "test/multi:1" })
        {
            await docker.RunAsync("pull", $"{peer.Authority}/{name}/{image}");
            await Command.RunAsync(Peers.Require("skopeo"), "copy", "-q", "--src-tls-verify=false", "--preserve-digests", $"docker://{peer.Authority}/{name}/{image}", $"dir:{_directory[image.Replace('/', '-')]}");
        }
        using var http = new HttpClient();
        using var push = await http.PostAsync(new Uri(peer.Url, $"/v2/{name}/test/image/blobs/uploads/"), null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, push.StatusCode);
    }

    [Fact]
    public async Task Images_OfDockerHub_AreServedAsLibraryByTheManifestTheyCameBy()
    {
        string skopeo = Peers.Require("skopeo");
        Peers.RequireRoot();
        await CopyAsync("multi", Image, "--all");
        string index = await RawAsync(Image);
        var oci = new OciProgram(_directory["images"], "vfs");
        await oci.RunAsync("pull", $"{Registry.Authority}/{Image}");
        await oci.RunAsync("tag", $"{Registry.Authority}/{Image}", "test:1");
        await oci.RunAsync("tag", $"{Registry.Authority}/{Image}", "somebody/test:2");
        // With the name go its digests: only the image's origin still tells the index.
        await oci.RunAsync("rmi", $"{Registry.Authority}/{Image}");
        await Registry.DisposeAsync();
        await using var peer = await RegistryProgram.StartAsync(oci.Root, "--images", "--driver", "vfs");
        Assert.Equal("""{"repositories":["library/test","somebody/test"]}""", await GetAsync(peer, "/v2/_catalog"));
        foreach (string image in new[] { "library/test:1", "somebody/test:2" })
        {
            Assert.Equal(index, await Command.RunAsync(skopeo, "inspect", "--raw", "--tls-verify=false", $"docker://{peer.Authority}/{image}"));
            await Command.RunAsync(skopeo, "copy", "-q", "--src-tls-verify=false", $"docker://{peer.Authority}/{image}", $"dir:{_directory[image.Replace('/', '-')]}");
        }
    }

    [Fact]
    public async Task QuickStart_WithoutANetwork_Works()
    {
        Peers.RequireRoot();
        string program = Path.Combine(RepositoryRoot.Path, "samples", "QuickStart", "bin", OciProgram.Configuration, "net10.0", "QuickStart");
        string output = await Command.RunAsync(Peers.Require("unshare"), "-n", "sh", "-c", "ip link set lo up && exec \"$0\"", program);
        Assert.Contains("every digest was verified", output, StringComparison.Ordinal);
        Assert.Contains("Pushed again: 0 of 3 layers were sent", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Oci_PullsFromIt()
    {
        Peers.RequireRoot();
        await SeedAsync();
        var oci = new OciProgram(_directory["images"], "vfs");
        Assert.Contains("Downloaded newer image", await oci.RunAsync("pull", $"{Registry.Authority}/{Image}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryClient_ReadsTagsManifestsAndBlobs()
    {
        await SeedAsync();
        using var client = new RegistryClient();
        await client.PingAsync(Registry.Authority);
        var repository = client.GetRepository(new RepositoryName(Registry.Authority, "test/image"));
        Assert.Equal(["latest"], await repository.ListTagsAsync().ToListAsync());
        var manifest = (ImageManifest)Manifest.Parse(await repository.Manifests.GetAsync("latest"));
        await using var blob = await repository.Blobs.OpenReadAsync(manifest.Layers[0]);
        Assert.Equal(manifest.Layers[0].Digest, await Digest.ComputeAsync(blob, DigestAlgorithm.Sha256));
        Assert.Null(await repository.Manifests.ResolveAsync("missing"));
    }

    [Fact]
    public async Task Registry_KilledInTheMiddleOfAnUpload_GoesOnAfterItsRestart()
    {
        byte[] content = new byte[3 << 20];
        new Random(3).NextBytes(content);
        using var http = new HttpClient();
        using var post = await http.PostAsync(new Uri(Registry.Url, "/v2/a/blobs/uploads/"), null);
        string location = post.Headers.Location!.ToString();
        using var patch = await http.PatchAsync(new Uri(Registry.Url, location), new ByteArrayContent(content, 0, 2 << 20));
        Assert.Equal(HttpStatusCode.Accepted, patch.StatusCode);
        await Registry.DisposeAsync(); // kill -9
        _registry = await RegistryProgram.StartAsync(_directory["root"]);
        using var status = await http.GetAsync(new Uri(Registry.Url, location));
        Assert.Equal("0-2097151", status.Headers.NonValidated["Range"].ToString());
        using var put = await http.PutAsync(
            new Uri(Registry.Url, $"{location}?digest={Digest.Compute(content)}"), new ByteArrayContent(content, 2 << 20, 1 << 20));
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
    }

    [Fact]
    public async Task Upstream_OfARealRegistry_IsCached()
    {
        Peers.Require("docker-registry");
        string skopeo = Peers.Require("skopeo");
        string[] pull;
        using var cacheRoot = new TempDirectory();
        await using (var origin = await DockerRegistry.StartAsync())
        {
            await Command.RunAsync(skopeo, "copy", "-q", "--dest-tls-verify=false", $"oci:{_layoutPath}:one", $"docker://{origin.Authority}/{Image}");
            await using var cache = await RegistryProgram.StartAsync(cacheRoot.Path, "--read-only", "--upstream", origin.Url);
            await PullAsync(cache, "first");
            pull = [.. origin.AccessLog.Select(entry => entry.ToString())];
            await PullAsync(cache, "second");
            Assert.DoesNotContain(origin.AccessLog.Skip(pull.Length), entry => entry.ToString().Contains("/blobs/", StringComparison.Ordinal));
        }
        // The upstream is gone: another process serves what is here.
        await using var alone = await RegistryProgram.StartAsync(cacheRoot.Path, "--read-only");
        await PullAsync(alone, "third");

        Task PullAsync(RegistryProgram registry, string name) =>
            Command.RunAsync(skopeo, "copy", "-q", "--src-tls-verify=false", $"docker://{registry.Authority}/{Image}", $"dir:{_directory[name]}");
    }

    [Fact]
    public async Task Layout_IsServedAsItIs()
    {
        string skopeo = Peers.Require("skopeo");
        await using var registry = await RegistryProgram.StartAsync(_directory["unused"], "--layout", _layoutPath);
        await Command.RunAsync(skopeo, "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{registry.Authority}/layout:multi", $"dir:{_directory["out"]}");
        Assert.NotEqual(0, (await Command.TryRunAsync(
            skopeo, "copy", "-q", "--dest-tls-verify=false", $"oci:{_layoutPath}:one", $"docker://{registry.Authority}/layout:new")).ExitCode);
        Assert.False(Directory.Exists(Path.Combine(_layoutPath, "ingest")));
    }

    [Theory]
    [InlineData("somewhere:5000")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("127.0.0.1:x")]
    public async Task Listen_OnWhatIsNoAddress_IsAFailureInOneLine(string address)
    {
        var result = await Command.TryRunAsync(OciProgram.Path, "--root", _directory["x"], "registry", "--listen", address);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"oci: Not an address to listen on: {address}\n", result.Error);
    }

    private Task<string> SeedAsync() => CopyAsync("one", Image);

    private Task<string> CopyAsync(string tag, string image, params string[] options) => Command.RunAsync(
        Peers.Require("skopeo"), ["copy", "-q", "--dest-tls-verify=false", .. options, $"oci:{_layoutPath}:{tag}", $"docker://{Registry.Authority}/{image}"]);

    private async Task<Digest> ConfigOfAsync(string image) =>
        ((ImageManifest)Manifest.Parse(new ManifestContent("", System.Text.Encoding.Latin1.GetBytes(await RawAsync(image))))).Config.Digest;

    private static async Task<string> GetAsync(RegistryProgram registry, string path)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(registry.Url, path));
    }

    private Task<string> RawAsync(string image) =>
        Command.RunAsync(Peers.Require("skopeo"), "inspect", "--raw", "--tls-verify=false", $"docker://{Registry.Authority}/{image}");

    private TestLayer Layer(string text) => _layout.AddGzipLayer(new TarBuilder().Directory("etc").File("etc/arch", text).ToArray());
}
