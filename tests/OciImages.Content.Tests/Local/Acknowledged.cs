using OciImages.Content.Local;

namespace OciImages.Content.Tests.Local;

/// <summary>What children said of a store: all of it must be there.</summary>
internal sealed class Acknowledged
{
    private readonly HashSet<Digest> _roots = [];
    private readonly Dictionary<Digest, (string Told, string Begun)> _labels = [];
    private readonly Dictionary<string, Digest> _leases = [];

    internal async Task ListenAsync(string root, int seed)
    {
        using var child = ChildProcess.StartHost(root, "--hammer", $"{seed}");
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

    /// <summary>Takes a line of a child's. A last one may be cut by the kill.</summary>
    internal void Take(string line)
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
