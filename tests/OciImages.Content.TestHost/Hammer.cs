using System.Runtime.CompilerServices;
using System.Text;
using OciImages;
using OciImages.Content;
using OciImages.Content.Collection;
using OciImages.Content.Local;

/// <summary>
/// Does one thing after another to a store until it is killed, and says what is durable: "root DIGEST", "label DIGEST VALUE",
/// "lease ID DIGEST", "released ID". The index is what a collection keeps.
/// </summary>
internal sealed class Hammer(string root, int seed) : IContentGraph
{
    private readonly LocalContentStore _store = new(root);
    private readonly Random _random = new(seed);
    private readonly List<Digest> _roots = [];

    /// <param name="steps">How many steps.</param>
    public async Task RunAsync(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            switch (_random.Next(8))
            {
                case 0:
                    await new ContentCollector(_store, this).CollectAsync(new ContentCollectionOptions { GracePeriod = TimeSpan.Zero });
                    break;
                case 1 when _roots.Count > 0:
                    var labelled = _roots[_random.Next(_roots.Count)];
                    Say($"label {labelled} {i} begins");
                    await _store.UpdateLabelsAsync(labelled, new Dictionary<string, string?> { ["n"] = $"{i}" });
                    Say($"label {labelled} {i}");
                    break;
                case 2:
                    await LeaseAsync(i);
                    break;
                case 3:
                    await CommitAsync(_store, $"garbage {seed} {i}");
                    break;
                default:
                    await RootAsync(i);
                    break;
            }
        }
    }

    public async IAsyncEnumerable<Descriptor> ListRootsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var entry in await _store.ReadIndexAsync(cancellationToken))
            yield return entry;
    }

    public ValueTask<IReadOnlyList<Descriptor>> ListReferencesAsync(Descriptor content, CancellationToken cancellationToken = default) =>
        ManifestReferences.ReadAsync(_store, content, cancellationToken);

    private async Task RootAsync(int i)
    {
        await using var lease = await _store.CreateLeaseAsync(new ContentLeaseOptions { EndsWithProcess = true });
        string text = $"content {seed} {i} {new string('x', _random.Next(100_000))}";
        await lease.AddAsync([Digest.Compute(Encoding.UTF8.GetBytes(text))]);
        var info = await CommitAsync(_store, text);
        await RequireAsync(info.Digest);
        await _store.UpdateIndexAsync((entries, _) => ValueTask.FromResult<IReadOnlyList<Descriptor>>(
            [.. entries, new Descriptor(MediaTypes.OciLayer, info.Digest, info.Size)]));
        _roots.Add(info.Digest);
        Say($"root {info.Digest}");
    }

    private async Task LeaseAsync(int i)
    {
        var lease = await _store.CreateLeaseAsync(new ContentLeaseOptions { Id = $"lease-{seed}-{i}" });
        string text = $"leased {seed} {i}";
        await lease.AddAsync([Digest.Compute(Encoding.UTF8.GetBytes(text))]);
        var info = await CommitAsync(_store, text);
        await RequireAsync(info.Digest);
        Say($"lease {lease.Id} {info.Digest}");
        if (_random.Next(2) == 0)
            return;
        Say($"release {lease.Id}");
        await lease.DisposeAsync();
    }

    // It is leased, whatever a collector thinks.
    private async Task RequireAsync(Digest leased)
    {
        if (await _store.FindAsync(leased) is null)
            throw new InvalidOperationException($"{leased} was deleted while it was leased.");
    }

    private static async Task<ContentInfo> CommitAsync(LocalContentStore store, string text)
    {
        await using var writer = await store.OpenWriterAsync(text[..Math.Min(40, text.Length)]);
        await writer.RestartAsync();
        await writer.Output.WriteAsync(Encoding.UTF8.GetBytes(text));
        return await writer.CommitAsync();
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
