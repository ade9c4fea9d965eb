using OciImages.Checks;
using OciImages.IO;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Checks;

public sealed class ImageCheckerTests
{
    [Fact]
    public async Task Check_BesidePullsAndRemovals_FindsNothingWrong()
    {
        await using var fixture = new PullFixture();
        var remover = new OciImages.Removal.ImageRemover(fixture.Root, fixture.Catalog, fixture.Events);
        for (int i = 0; i < 3; i++)
            fixture.AddImage($"v{i}", layers: 4, salt: $"{i}");
        using var done = new CancellationTokenSource();
        var work = Task.Run(async () =>
        {
            for (int i = 0; i < 30; i++)
            {
                var reference = ImageReference.Parse($"registry.example/app:v{i % 3}");
                await fixture.Puller.PullAsync(reference);
                await remover.RemoveAsync(reference.ToString());
            }
            await done.CancelAsync();
        });
        await using var other = ImageRoot.Open(new ImageRootOptions { Path = fixture.Root.Path, Driver = "blob" });
        var checker = new ImageChecker(other);
        do
        {
            // A layer that the check reads while its last image is removed is left to the next collection, as by any other reader.
            var found = await checker.CheckAsync(new CheckOptions { Deep = true }).ToListAsync();
            Assert.All(found, finding => Assert.True(finding is { Store: "layers", Severity: StoreFindingSeverity.Waste }, $"{finding}"));
        }
        while (!done.IsCancellationRequested);
        await work;
        Assert.All(await checker.CheckAsync(new CheckOptions { Repair = true }).ToListAsync(), finding => Assert.True(finding.IsRepaired, $"{finding}"));
        Assert.Empty(await checker.CheckAsync().ToListAsync());
    }

    [Fact]
    public async Task Check_OrphansLeftoversAndUnusedContent_AreWasteAndRepaired()
    {
        await using var fixture = new PullFixture();
        fixture.AddImage("v1");
        var pulled = await fixture.Puller.PullAsync(PullFixture.Reference);
        // As by a process that was killed between the config and what comes before or after it.
        await fixture.Root.References.RemoveAsync(PullFixture.Reference);
        foreach (var entry in await fixture.Root.References.ListAsync().ToListAsync())
            await fixture.Root.References.RemoveAsync(entry.Reference);
        await fixture.Root.Images.DeleteAsync(pulled.ImageId);
        string mount = Path.Combine(fixture.Root.MountDirectory, new string('a', 64));
        Directory.CreateDirectory(mount);
        Directory.SetLastWriteTimeUtc(mount, DateTime.UtcNow.AddHours(-1));
        foreach (string blob in Directory.GetFiles(Path.Combine(fixture.Root.Path, "oci-images/content/blobs/sha256")))
            File.SetLastWriteTimeUtc(blob, DateTime.UtcNow.AddHours(-2));
        string record = Directory.GetFiles(Path.Combine(fixture.Root.Distribution.Root, "diffid-by-digest/sha256"))[0];
        await File.WriteAllTextAsync(record, "nonsense");
        var checker = new ImageChecker(fixture.Root);

        var found = await checker.CheckAsync().ToListAsync();
        Assert.All(found, finding => Assert.True(finding is { IsRepaired: false, Repair: not null } && Path.Exists(finding.Path), $"{finding}"));
        Assert.Equal(record, Assert.Single(found, finding => finding.Severity != StoreFindingSeverity.Waste).Path);
        Assert.Contains(found, finding => finding.Path == mount);
        Assert.Equal(2, found.Count(finding => finding.Store == "layers"));
        Assert.Equal(4, found.Count(finding => finding.Store == "content" && finding.Path.Contains("/blobs/", StringComparison.Ordinal)));

        Assert.All(await checker.CheckAsync(new CheckOptions { Repair = true }).ToListAsync(), finding => Assert.True(finding.IsRepaired, $"{finding}"));
        Assert.Empty(await checker.CheckAsync(new CheckOptions { Deep = true }).ToListAsync());
        Assert.False(Path.Exists(mount));
    }

    [Theory]
    [InlineData("blob")]
    [InlineData("overlay2")]
    public async Task Check_ReadOnlyDisk_FindsWhatIsWrongAndChangesNothing(string driver)
    {
        Peers.RequireRoot();
        await using var fixture = new PullFixture(driver);
        fixture.AddImage("v1");
        await fixture.Puller.PullAsync(PullFixture.Reference);
        string path = fixture.Root.Path;
        await Command.RunAsync("mount", "--bind", path, path);
        try
        {
            await Command.RunAsync("mount", "-o", "remount,bind,ro", path);
            await using var root = ImageRoot.Open(new ImageRootOptions { Path = path, Driver = driver });
            Assert.Empty(await new ImageChecker(root).CheckAsync(new CheckOptions { Deep = true }).ToListAsync());

            await fixture.Root.DisposeAsync();
            await Command.RunAsync("mount", "-o", "remount,bind,rw", path);
            string reference = Path.Combine(path, "image", driver, "repositories.json");
            await File.WriteAllTextAsync(reference, """{"Repositories":{"ghost":{"ghost:1":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}}""");
            await Command.RunAsync("mount", "-o", "remount,bind,ro", path);
            await using var damaged = ImageRoot.Open(new ImageRootOptions { Path = path, Driver = driver });
            Assert.Equal(reference, Assert.Single(await new ImageChecker(damaged).CheckAsync().ToListAsync(), finding => finding.Severity != StoreFindingSeverity.Waste).Path);
        }
        finally
        {
            await Command.RunAsync("umount", "-l", path);
        }
    }
}
