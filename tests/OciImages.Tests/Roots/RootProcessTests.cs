using OciImages.Content.Tests;
using OciImages.Images;
using OciImages.References;
using OciImages.Roots;
using OciImages.TestSupport;

namespace OciImages.Tests.Roots;

/// <summary>Other processes on the same root: killed, at work at the same time, or holding a lock.</summary>
public sealed class RootProcessTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // More of them: OCI_KILLS=200.
    [Fact]
    public async Task Killed_AtRandomPoints_KeepsWhatWasAcknowledged()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("OCI_KILLS") ?? "6");
        var told = new RootRecords();
        for (int seed = 1; seed <= kills; seed++)
        {
            await KillAsync(told, seed);
            await using var root = Open();
            await told.VerifyAsync(root, $"seed {seed}");
            await ChangeAllAsync(root);
            Assert.True(Leftovers() is [], $"seed {seed}: {string.Join(' ', Leftovers())}");
            // Notes of an image whose deletion was not told are waste that a repair takes.
            var findings = await root.CheckRecordsAsync(repair: true).ToListAsync();
            Assert.True(findings.TrueForAll(finding => finding is { IsRepaired: true, Severity: OciImages.IO.StoreFindingSeverity.Waste }
                || finding.Store == "origins"), $"seed {seed}: {string.Join('\n', findings)}");
        }
        Assert.True(told.Count > kills);
    }

    [Fact]
    public async Task TwoProcesses_OnOneRoot_LoseNothing()
    {
        using var first = ChildProcess.StartHost(_directory["root"], "--records", "201", "120");
        using var second = ChildProcess.StartHost(_directory["root"], "--records", "202", "120");
        string[] output = await Task.WhenAll(first.ReadToEndAsync(), second.ReadToEndAsync());
        Assert.Equal((0, 0), (await first.WaitAsync(), await second.WaitAsync()));
        var told = new RootRecords();
        foreach (string line in output.SelectMany(text => text.Split('\n')))
            told.Take(line);

        await using var root = Open();
        await told.VerifyAsync(root, "seeds 201 and 202");
        Assert.True(told.Count > 100);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task FirstWrite_SweepsWhatKilledWritersLeft_AndOnlyTheirs()
    {
        await using (var made = Open())
            await ChangeAllAsync(made);
        string[] ours = ["image/vfs/.tmp-oci-repositories.json1", "image/vfs/imagedb/.tmp-oci-parent1", "oci-images/vfs/origins/.tmp-oci-1", "image/vfs/distribution/.tmp-oci-1"];
        const string Dockers = "image/vfs/.tmp-repositories.json1";
        foreach (string path in ours.Append(Dockers))
            await File.WriteAllTextAsync(Path.Combine(_directory["root"], path), "");
        await using var root = Open();
        await ChangeAllAsync(root);

        Assert.Equal([Path.Combine(_directory["root"], Dockers)], Leftovers());
    }

    [Fact]
    public async Task Change_LockHeldByAnotherProcess_NamesIt()
    {
        string image = Directory.CreateDirectory(_directory["imagedb"]).FullName;
        var references = new FileReferenceStore(_directory["repositories.json"], new FileReferenceStoreOptions { LockTimeout = TimeSpan.Zero });
        var images = new FileImageStore(image, new FileImageStoreOptions { LockTimeout = TimeSpan.Zero });
        foreach (var (path, change) in new (string, Func<Task>)[]
        {
            (_directory["repositories.json.lock"], async () => await references.SetAsync(ImageReference.Parse("a:1"), new ImageId(Digest.Compute("a"u8)))),
            (Path.Combine(image, ".lock"), async () => await images.PutAsync(RootTestData.Config("a"))),
        })
        {
            using var child = ChildProcess.StartHost(path, "--hold");
            Assert.Equal("held", await child.ReadLineAsync());
            var failure = await Assert.ThrowsAsync<StorageException>(change);
            Assert.Equal((OciErrorKind.Unavailable, path), (failure.Kind, failure.Path));
            Assert.Contains($"process {child.Id} ", failure.Message);
            Assert.Equal(0, await child.WaitAsync());
            await change();
        }
    }

    [Theory]
    [InlineData("put", "/imagedb/content/sha256")]
    [InlineData("tag", "/image/vfs")]
    [InlineData("origin", "/origins/sha256")]
    [InlineData("label", "/labels/sha256")]
    [InlineData("lease", "/leases")]
    [InlineData("index", "/content")]
    public async Task Change_IsOnTheDiskBeforeItHasItsName_AndItsNameBeforeItReturns(string word, string folder)
    {
        string trace = _directory["trace"];
        using var child = ChildProcess.StartHostUnder(
            [Peers.Require("strace"), "-f", "-y", "-s", "500", "-qq", "-o", trace, "-e", "trace=fsync,rename,write"], _directory["root"], "--one");
        while (await child.ReadLineAsync() is { } line && line != "ready")
        {
        }
        for (string? line = await child.SayAsync(word); line != $"did {word}"; line = await child.ReadLineAsync())
            Assert.NotNull(line);
        Assert.Equal(0, await child.WaitAsync());
        var calls = (await File.ReadAllLinesAsync(trace)).ToList();
        calls.RemoveRange(0, calls.FindIndex(call => call.Contains("write(") && call.Contains("ready")));
        int renamed = calls.FindIndex(call => call.Contains("rename(") && call.Contains("/.tmp-oci-") && call.Contains($"{folder}/"));
        int synced = calls.FindIndex(call => call.Contains("fsync(") && call.Contains("/.tmp-oci-"));
        int named = calls.FindIndex(call => call.Contains("fsync(") && call.Contains($"{folder}>"));
        int told = calls.FindIndex(call => call.Contains("write(") && call.Contains($"did {word}"));

        Assert.True(
            synced >= 0 && synced < renamed && renamed < named && named < told, string.Join('\n', calls.Where(call => !call.Contains("write("))));
    }

    private async Task KillAsync(RootRecords told, int seed)
    {
        using var child = ChildProcess.StartHost(_directory["root"], "--records", $"{seed}");
        var random = new Random(seed);
        for (int lines = random.Next(3, 60); lines > 0; lines--)
            told.Take(await child.ReadLineAsync() ?? throw new InvalidOperationException($"The child of seed {seed} ended."));
        // Somewhere inside the next few steps.
        Thread.SpinWait(random.Next(2_000_000));
        await child.KillAsync();
        while (await child.ReadLineAsync() is { } line)
            told.Take(line);
    }

    // The first write of each store of this process.
    private static async Task ChangeAllAsync(ImageRoot root)
    {
        var image = await root.Images.PutAsync(RootTestData.Config("change"));
        await root.References.SetAsync(ImageReference.Parse("change:1"), image);
        var manifest = RootTestData.Descriptor($"{Guid.NewGuid()}");
        await root.Origins.AddAsync(image, new ImageOrigin(ImageReference.Parse("change:1"), manifest));
        await root.Distribution.AddAsync(new DiffId(manifest.Digest), manifest.Digest, RepositoryName.Parse("change"));
        // Nothing is left to change, which must sweep all the same.
        await root.References.RemoveAsync(ImageReference.Parse("change:1"));
    }

    private ImageRoot Open() => ImageRoot.Open(new ImageRootOptions { Path = _directory["root"], Driver = "vfs" });

    private string[] Leftovers() => Directory.GetFiles(_directory["root"], ".tmp-*", SearchOption.AllDirectories);
}
