using OciImages.Layers.Tar;

namespace OciImages.Archives.Internal;

/// <summary>The members of an archive by their names, with links followed.</summary>
/// <typeparam name="T">What is known of a file.</typeparam>
internal sealed class ArchiveIndex<T>
    where T : class
{
    // An image has at most some hundred files in an archive; what has more is no archive of images.
    private const int MaxMembers = 100_000;
    private const int MaxLinks = 8;

    private readonly Dictionary<string, T> _files = [];
    private readonly Dictionary<string, string> _links = [];

    public IEnumerable<T> Files => _files.Values;

    /// <summary>Takes a link; false when the member is a file, whose place the caller notes, or nothing of interest.</summary>
    public bool TryAddLink(TarEntry entry, string name)
    {
        string? target = entry.Type switch
        {
            TarEntryType.SymbolicLink => ArchivePath.Follow(name, entry.LinkName.Span),
            TarEntryType.HardLink => ArchivePath.Clean(entry.LinkName.Span),
            _ => null,
        };
        if (target is null)
            return false;
        CheckNew(name);
        _links.Add(name, target);
        return true;
    }

    public void Add(string name, T file)
    {
        CheckNew(name);
        _files.Add(name, file);
    }

    public T? Find(string name)
    {
        for (int followed = 0; followed <= MaxLinks; followed++)
        {
            if (_files.TryGetValue(name, out var file))
                return file;
            if (!_links.TryGetValue(name, out string? target))
                return null;
            name = target;
        }
        throw new OciException(OciErrorKind.InvalidInput, $"The archive has links in a circle at \"{name}\".");
    }

    private void CheckNew(string name)
    {
        if (_files.ContainsKey(name) || _links.ContainsKey(name))
            throw new OciException(OciErrorKind.InvalidInput, $"The archive has \"{name}\" twice.");
        if (_files.Count + _links.Count >= MaxMembers)
            throw new OciException(OciErrorKind.InvalidInput, $"The archive has more than {MaxMembers} members; it is no archive of images.");
    }
}
