namespace OciImages.References.Internal;

/// <summary>The references of a table in order, all and by image.</summary>
internal sealed class ReferenceLists
{
    internal ReferenceLists(IReadOnlyDictionary<string, RepositoryNode> repositories, Action<string> report)
    {
        var entries = new List<ReferenceEntry>();
        var notUnderstood = new List<string>();
        foreach (var (repository, node) in repositories)
        {
            if (!node.Damaged.IsEmpty)
                notUnderstood.Add(repository);
            foreach (string name in node.Names)
            {
                if (node.TryGetEntry(repository, name, out var entry))
                    entries.Add(entry);
                else
                    notUnderstood.Add(name);
            }
        }
        string[] order = [.. entries.Select(entry => entry.Reference.ToString())];
        All = [.. entries];
        Array.Sort(order, All, StringComparer.Ordinal);
        ByImage = All.ToLookup(entry => entry.ImageId);
        NotUnderstood = notUnderstood;
        notUnderstood.ForEach(report);
    }

    internal ReferenceEntry[] All { get; }

    internal ILookup<ImageId, ReferenceEntry> ByImage { get; }

    internal IReadOnlyList<string> NotUnderstood { get; }
}
