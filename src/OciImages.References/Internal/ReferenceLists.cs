namespace OciImages.References.Internal;

/// <summary>The references of a table in order, all and by image.</summary>
internal sealed class ReferenceLists
{
    private readonly Lazy<ILookup<ImageId, ReferenceEntry>> _byImage;

    internal ReferenceLists(IReadOnlyDictionary<string, RepositoryNode> repositories, Action<string> report)
    {
        var entries = new List<ReferenceEntry>();
        var order = new List<string>();
        var notUnderstood = new List<string>();
        foreach (var (repository, node) in repositories)
        {
            if (!node.Damaged.IsEmpty)
                notUnderstood.Add(repository);
            node.List(repository, (text, entry) => { order.Add(text); entries.Add(entry); }, notUnderstood.Add);
        }
        All = [.. entries];
        Array.Sort(order.ToArray(), All, StringComparer.Ordinal);
        _byImage = new Lazy<ILookup<ImageId, ReferenceEntry>>(() => All.ToLookup(entry => entry.ImageId));
        NotUnderstood = notUnderstood;
        notUnderstood.ForEach(report);
    }

    internal ReferenceEntry[] All { get; }

    internal ILookup<ImageId, ReferenceEntry> ByImage => _byImage.Value;

    internal IReadOnlyList<string> NotUnderstood { get; }
}
