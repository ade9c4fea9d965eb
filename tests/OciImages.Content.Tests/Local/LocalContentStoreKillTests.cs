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

    private sealed class Acknowledged
    {
        private readonly HashSet<Digest> _roots = [];
        private readonly Dictionary<Digest, (string Told, string Begun)> _labels = [];
        private readonly Dictionary<string, Digest> _leases = [];

        internal async Task ListenAsync(string root, int seed)
        {
            string host = Path.Combine(AppContext.BaseDirectory, "OciImages.Content.TestHost.dll");
            using var child = ChildProcess.Start(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", host, root, "--hammer", $"{seed}");
            var random = new Random(seed);
            for (int lines = random.Next(3, 40); lines > 0; lines--)
                Take(await child.ReadLineAsync() ?? throw new InvalidOperationException($"The child of seed {seed} ended."));
            // Somewhere inside the next few steps.
            Thread.SpinWait(random.Next(2_000_000));
            await child.KillAsync();
            while (await child.ReadLineAsync() is { } line)
                Take(line);
        }

        internal async Task VerifyAsync(LocalContentStore store, int seed)
        {
            string at = $"seed {seed}";
            var index = (await store.ReadIndexAsync()).Select(entry => entry.Digest).ToHashSet();
            foreach (var digest in _roots)
            {
                Assert.True(index.Contains(digest) && await store.FindAsync(digest) is not null, $"{at}: {digest} is lost");
                if (_labels.TryGetValue(digest, out var label))
                {
                    string? actual = (await store.FindAsync(digest))!.Labels.GetValueOrDefault("n");
                    Assert.True(actual == label.Told || actual == label.Begun, $"{at}: {digest} has {actual} instead of {label}");
                }
            }
            var leases = (await store.ListLeasesAsync().ToListAsync()).ToDictionary(lease => lease.Id);
            foreach (var (id, digest) in _leases)
            {
                Assert.True(leases.TryGetValue(id, out var lease) && lease.Content.Contains(digest), $"{at}: the lease {id} is lost");
                Assert.True(await store.FindAsync(digest) is not null, $"{at}: {digest} was leased");
            }
        }

        // A last line may be cut by the kill.
        private void Take(string line)
        {
            string[] words = line.Split(' ');
            if (words is ["root", var root] && Digest.TryParse(root, out var digest))
                _roots.Add(digest);
            else if (words is ["label", var labelled, var begun, "begins"] && Digest.TryParse(labelled, out digest))
                _labels[digest] = (_labels.GetValueOrDefault(digest).Told, begun);
            else if (words is ["label", var set, var value] && Digest.TryParse(set, out digest) && _labels[digest].Begun == value)
                _labels[digest] = (value, value);
            else if (words is ["lease", var id, var held] && Digest.TryParse(held, out digest))
                _leases[id] = digest;
            else if (words is ["release", var released])
                _leases.Remove(released);
        }
    }
}
