using OciImages.Content.Local;
using OciImages.TestSupport;

namespace OciImages.Content.Tests.Local;

/// <summary>A process that is killed at random points, again and again, on one store.</summary>
public sealed class LocalContentStoreKillTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // More of them: OCI_KILLS=200.
    [Fact]
    public async Task Killed_AtRandomPoints_KeepsWhatWasAcknowledged()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("OCI_KILLS") ?? "12");
        var told = new Acknowledged();
        for (int seed = 1; seed <= kills; seed++)
        {
            await told.ListenAsync(_directory["store"], seed);
            var store = new LocalContentStore(_directory["store"]);
            // The first write sweeps.
            await (await store.CreateLeaseAsync()).DisposeAsync();
            Assert.Empty(Directory.GetFiles(store.Root, ".tmp-*", SearchOption.AllDirectories));
            Assert.DoesNotContain(Directory.GetFiles(Path.Combine(store.Root, "leases"), "*.lock"), path => Path.GetFileName(path) != ".lock");
            var findings = await store.CheckAsync(new LocalCheckOptions { Deep = true }).ToListAsync();
            Assert.True(findings.Count == 0, $"seed {seed}: {string.Join('\n', findings)}");
            await told.VerifyAsync(store, seed);
        }
    }
}
