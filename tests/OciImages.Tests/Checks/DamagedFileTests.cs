using OciImages.Checks;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Checks;

/// <summary>Damages every single file of a root of two images, one after the other: what that file is for fails and says so, all else goes on.</summary>
public sealed class DamagedFileTests
{
    [Theory]
    [InlineData("truncate")]
    [InlineData("flip")]
    [InlineData("delete")]
    public async Task AnyFile_Damaged_IsFoundAndTheRestCanBeUsed(string damage)
    {
        Peers.RequireRoot();
        await using var fixture = new PullFixture("overlay2");
        fixture.AddImage("v1", salt: "one");
        fixture.AddImage("v2", layers: 1, salt: "two");
        var first = await fixture.Puller.PullAsync(ImageReference.Parse("registry.example/app:v1"));
        var second = await fixture.Puller.PullAsync(ImageReference.Parse("registry.example/app:v2"));
        await fixture.Root.DisposeAsync();
        var failures = new List<string>();
        string[] files = [.. Directory.GetFiles(fixture.Root.Path, "*", SearchOption.AllDirectories)
            .Where(path => new FileInfo(path).LinkTarget is null).Select(path => Path.GetRelativePath(fixture.Root.Path, path))];
        Assert.True(files.Length > 40, $"{files.Length}");
        foreach (string file in files)
        {
            string copy = fixture[$"copy-{failures.Count}-{Array.IndexOf(files, file)}"];
            await Command.RunAsync("cp", "-a", fixture.Root.Path, copy);
            if (!Damage(Path.Combine(copy, file), damage))
                continue;
            try
            {
                await CheckAsync(copy, file, damage, [first.ImageId, second.ImageId]);
            }
            catch (Exception e)
            {
                failures.Add($"{file}: {e.Message}");
            }
            Directory.Delete(copy, recursive: true);
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private static bool Damage(string path, string damage)
    {
        byte[] content = File.ReadAllBytes(path);
        if (damage == "delete")
        {
            File.Delete(path);
            return true;
        }
        if (content.Length == 0)
            return false;
        var mode = File.GetUnixFileMode(path);
        if (damage == "flip")
            content[content.Length / 2] ^= 0x10;
        File.WriteAllBytes(path, damage == "flip" ? content : content[..(content.Length / 2)]);
        File.SetUnixFileMode(path, mode);
        return true;
    }

    private static async Task CheckAsync(string path, string file, string damage, ImageId[] images)
    {
        if (file == "oci-images/version" && File.Exists(Path.Combine(path, file)))
        {
            var refused = Assert.ThrowsAny<StorageException>(() => ImageRoot.Open(new ImageRootOptions { Path = path, Driver = "overlay2" }));
            Assert.Equal(Path.Combine(path, file), refused.Path);
            return;
        }
        await using var root = ImageRoot.Open(new ImageRootOptions { Path = path, Driver = "overlay2" });
        var catalog = new OciImages.Catalog.ImageCatalog(root);
        var fileSystems = new OciImages.FileSystems.ImageFileSystems(root, catalog);
        var checker = new ImageChecker(root);
        int usable = 0;
        foreach (var id in images)
        {
            string target = Path.Combine(path, "..", $"tree-{Path.GetRandomFileName()}");
            try
            {
                await fileSystems.UnpackAsync(id.ToString(), target, TestContext.Current.CancellationToken);
                usable++;
            }
            catch (OciException e)
            {
                Assert.True(e.Kind is OciErrorKind.Corrupt or OciErrorKind.NotFound, $"{e.Kind}: {e.Message}");
                Assert.Matches("/|sha256:", e.Message);
            }
        }
        var findings = await checker.CheckAsync(new CheckOptions { Deep = true }).ToListAsync(TestContext.Current.CancellationToken);
        // Damage that shows: an image or a record is lost. Else it is a file that can be made again from the others.
        Assert.True(usable >= (file.EndsWith("repositories.json", StringComparison.Ordinal) ? 0 : 1), $"only {usable} images can be unpacked");
        Assert.True(
            IsDispensable(file, damage) || findings.Any(finding => IsAbout(finding, path, file)),
            $"found: {string.Join("; ", findings.Select(finding => $"{finding.Path} {finding.Problem}"))}");
        Assert.True(usable == images.Length || findings.Count > 0, "an image is lost and nothing was found");

        await checker.CheckAsync(new CheckOptions { Deep = true, Repair = true }).ToListAsync(TestContext.Current.CancellationToken);
        var left = await checker.CheckAsync(new CheckOptions { Deep = true }).ToListAsync(TestContext.Current.CancellationToken);
        Assert.All(left, finding => Assert.True(finding.Repair is null, $"not repaired: {finding}"));
    }

    private static bool IsAbout(IO.StoreFinding finding, string root, string file)
    {
        string full = Path.Combine(root, file);
        string name = Path.GetFileName(file);
        return full.StartsWith(finding.Path, StringComparison.Ordinal) || finding.Path.StartsWith(full, StringComparison.Ordinal)
            || finding.Problem.Contains(name, StringComparison.Ordinal) || (file.StartsWith("overlay2/", StringComparison.Ordinal) && finding.Store == "layers");
    }

    // Locks, hints and what can be made again. What may as well be absent is not missed: names, origins, kept blobs, the layout's own files.
    // And what has no checksum may be changed into something else that is good.
    private static bool IsDispensable(string file, string damage) =>
        (damage == "delete" && (file.StartsWith("oci-images/", StringComparison.Ordinal) || file == "image/overlay2/repositories.json"))
        || (damage == "flip" && (file == "oci-images/content/index.json" || file.Contains("/origins/", StringComparison.Ordinal)))
        || file.EndsWith("lock", StringComparison.Ordinal) || file.EndsWith("images.index", StringComparison.Ordinal) || file.StartsWith("image/overlay2/distribution/", StringComparison.Ordinal)
        || file is "oci-images/version" || file.EndsWith("/size", StringComparison.Ordinal) || file.EndsWith("/committed", StringComparison.Ordinal);
}
