using System.Globalization;
using OciImages.IO;
using OciImages.Layers.Drivers;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Store;

/// <summary>
/// Two processes work on one root and are killed at random points of stage, commit, remove and the commit of writable layers. After each pair
/// the store heals, is consistent, and has all that was acknowledged. <c>OCI_TEST_KILLS</c> sets how many pairs (default 2), <c>OCI_TEST_SEED</c>
/// repeats their times.
/// </summary>
public sealed class KilledProcessTests : IDisposable
{
    private const string ChildVariable = "OCI_TEST_KILLED_STORE";
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task AnyOperation_ProcessKilled_StoreHealsAndKeepsWhatWasAcknowledged()
    {
        Peers.RequireRoot();
        if (Environment.GetEnvironmentVariable(ChildVariable) is { } root)
        {
            await new LayerWorker(root, Random.Shared.Next()).RunAsync();
            return;
        }
        int kills = Number("OCI_TEST_KILLS", 2), seed = Number("OCI_TEST_SEED", Random.Shared.Next());
        TestContext.Current.TestOutputHelper!.WriteLine($"OCI_TEST_SEED={seed}");
        var random = new Random(seed);
        for (int i = 0; i < kills; i++)
        {
            await Task.WhenAll(KillOneAsync(random.Next(5, 500)), KillOneAsync(random.Next(5, 500)));
            await CheckAsync($"seed {seed}, kill {i}");
        }
    }

    private async Task KillOneAsync(int milliseconds)
    {
        using var temporary = new TempDirectory();
        using var child = ChildRun.Start(
            ["--filter-method", $"*{nameof(AnyOperation_ProcessKilled_StoreHealsAndKeepsWhatWasAcknowledged)}"],
            (ChildVariable, _temp.Path), null, temporary.Path);
        while (!File.Exists(LayerWorker.ReadyFile(_temp.Path, child.Id)) && !child.HasExited)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, CancellationToken.None);
        Assert.False(child.HasExited, child.HasExited ? await ChildRun.OutputAsync(child) : "");
        child.Kill();
        await child.WaitForExitAsync(CancellationToken.None);
    }

    private async Task CheckAsync(string run)
    {
        var kept = LayerWorker.ReadKept(_temp.Path);
        await using var driver = new Overlay2Driver(Path.Combine(_temp.Path, "overlay2"));
        await using var store = LayerWorker.Open(_temp.Path, driver);
        await foreach (var layer in store.WritableLayers.ListAsync())
            await store.WritableLayers.RemoveAsync(layer.Name);
        foreach (var chain in kept)
        {
            await using var handle = await store.AcquireAsync(chain);
            Assert.True(handle is not null, $"{run}: {chain} was acknowledged and is gone.");
        }
        var repaired = await FindAsync(store, repair: true);
        Assert.All(repaired, finding => Assert.True(finding.IsRepaired && finding.Severity == StoreFindingSeverity.Waste, $"{run}: {finding}"));
        Assert.Empty(await FindAsync(store, repair: false));
        string[] leftovers = Directory.GetDirectories(Path.Combine(_temp.Path, "image/overlay2/layerdb/tmp"));
        Assert.True(leftovers.Length == 0, $"{run}: {string.Join(", ", leftovers)}");
        Assert.DoesNotContain($"{_temp.Path}/overlay2", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    private static async Task<List<StoreFinding>> FindAsync(FileLayerStore store, bool repair)
    {
        var findings = new List<StoreFinding>();
        await foreach (var finding in store.CheckAsync(new LayerCheckOptions { Deep = true, Repair = repair }))
            findings.Add(finding);
        return findings;
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
