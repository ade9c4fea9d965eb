using System.Runtime.CompilerServices;
using OciImages.Content.Collection;

namespace OciImages.Content.Tests;

/// <summary>Roots that a test sets, and what happens just before they are read.</summary>
public sealed class TestGraph(IContentReader store) : IContentGraph
{
    public List<Descriptor> Roots { get; } = [];

    public Func<Task>? OnRoots { get; set; }

    public async IAsyncEnumerable<Descriptor> ListRootsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (OnRoots is { } act)
            await act();
        Descriptor[] roots;
        lock (Roots)
            roots = [.. Roots];
        foreach (var root in roots)
            yield return root;
    }

    public ValueTask<IReadOnlyList<Descriptor>> ListReferencesAsync(Descriptor content, CancellationToken cancellationToken = default) =>
        ManifestReferences.ReadAsync(store, content, cancellationToken);
}
