using System.Runtime.CompilerServices;
using OciImages.Content;
using OciImages.Manifests;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>
/// The index of a registry that serves an OCI image layout (OCI image specification, "Image Layout") as it is, read-only and without
/// copying. <c>index.json</c> is read when it is first asked for, and again whenever it has changed.
/// </summary>
/// <remarks>
/// An entry whose annotation <c>org.opencontainers.image.ref.name</c> is a tag is that tag of <see cref="Repository"/>; a whole reference
/// such as <c>docker.io/library/nginx:1.27</c> is tag <c>1.27</c> of <c>library/nginx</c>; one without is there by its digest. Entries that
/// are damaged or missing are left out.
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class LayoutRegistryIndex : ScannedRegistryIndex
{
    private const string ReferenceName = "org.opencontainers.image.ref.name";
    private const string ContainerdName = "io.containerd.image.name";

    private readonly string _file;

    /// <summary>Makes an index; the disk is not touched before the first call.</summary>
    /// <param name="path">The layout's directory.</param>
    /// <param name="content">Reads the layout's blobs, such as a <see cref="Content.Local.LocalContentStore"/> of the same directory.</param>
    /// <param name="repository">The repository of entries that name only a tag.</param>
    /// <exception cref="ArgumentException">The repository's name is malformed.</exception>
    public LayoutRegistryIndex(string path, IContentReader content, string repository)
        : base(content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _file = Path.Combine(Path.GetFullPath(path), "index.json");
        Repository = RegistryNames.CheckRepository(repository);
    }

    /// <summary>The repository of entries that name only a tag.</summary>
    public string Repository { get; }

    /// <inheritdoc/>
    protected override ValueTask<object> ReadStateAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(_file);
        return file.Exists
            ? ValueTask.FromResult<object>((file.LastWriteTimeUtc, file.Length))
            : throw new StorageException(OciErrorKind.NotFound, $"There is no OCI image layout: {_file} is missing.", _file);
    }

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<RegistryEntry> ListEntriesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var entry in (await ReadAsync(cancellationToken).ConfigureAwait(false)).Manifests)
        {
            var (repository, tag) = NameOf(entry);
            yield return new RegistryEntry(repository, tag, entry.Digest, entry.MediaType);
        }
    }

    private async ValueTask<ImageIndex> ReadAsync(CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(_file).Length > ManifestContent.MaxSize)
                throw new StorageException(OciErrorKind.InvalidInput, $"The index {_file} is larger than the {ManifestContent.MaxSize} bytes allowed.", _file);
            bytes = await File.ReadAllBytesAsync(_file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the index", _file);
        }
        return Manifest.Parse(new ManifestContent(MediaTypes.OciIndex, bytes)) as ImageIndex
            ?? throw new StorageException(OciErrorKind.InvalidInput, $"The file {_file} is not an index.", _file);
    }

    // A tag alone (as the specification has it), or a whole reference (as tools write it).
    private (string Repository, string? Tag) NameOf(Descriptor entry)
    {
        string? name = entry.Annotations?.GetValueOrDefault(ReferenceName);
        if (RegistryNames.IsTag(name))
        {
            return entry.Annotations!.TryGetValue(ContainerdName, out string? whole) && ImageReference.TryParse(whole, out var full)
                ? (full.Repository.Path, name)
                : (Repository, name);
        }
        return ImageReference.TryParse(name, out var reference)
            ? (reference.Repository.Path, reference.Tag ?? (reference.Digest is null ? ImageReference.DefaultTag : null))
            : (Repository, null);
    }
}
