using System.Runtime.CompilerServices;
using OciImages;
using OciImages.References;
using OciImages.RegistryServer;
using OciImages.Roots;

namespace Oci.Commands;

/// <summary>
/// The images of a data root as a registry serves them: every tag with the manifest or index that it was pulled or pushed by, and every
/// digest. An image without one, as a build or a load leaves it, is not served until it has been pushed somewhere.
/// </summary>
internal sealed class ImageRegistryIndex(ImageRoot root) : ScannedRegistryIndex(root.Content)
{
    private readonly string? _file = (root.References as FileReferenceStore)?.FilePath;

    /// <summary>
    /// The repository's name at this registry. Docker Hub's are <c>library/x</c> and <c>user/x</c>, as a mirror of it has them; others keep
    /// their host in front, whose colon cannot be in a name and becomes an underscore, which cannot be in a host.
    /// </summary>
    public static string NameOf(RepositoryName name)
    {
        // A user of Docker Hub whose name looks like a host would take that host's place.
        string first = name.Path.Split('/')[0];
        return name.Domain == RepositoryName.DefaultDomain && !first.Contains('.', StringComparison.Ordinal) && first != "localhost"
            ? name.Path
            : $"{name.Domain.Replace(':', '_')}/{name.Path}";
    }

    protected override ValueTask<object> ReadStateAsync(CancellationToken cancellationToken)
    {
        // Each change replaces the file. Without one, whatever keeps the references is asked each time.
        var file = _file is null ? null : new FileInfo(_file);
        return ValueTask.FromResult<object>(file switch
        {
            null => new object(),
            { Exists: false } => (DateTime.MinValue, 0L),
            _ => (file.LastWriteTimeUtc, file.Length),
        });
    }

    protected override async IAsyncEnumerable<RegistryEntry> ListEntriesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var references = await root.References.ListAsync(null, cancellationToken).ToListAsync(cancellationToken);
        var manifests = references.Where(entry => entry.Reference.Digest is not null).ToLookup(entry => entry.ImageId);
        foreach (var (reference, image) in references)
        {
            string repository = NameOf(reference.Repository);
            // A name with a host such as [::1]:5000 has no place here.
            if (!RepositoryName.TryParse($"localhost/{repository}", out _))
                continue;
            if (reference.Digest is { } digest)
            {
                yield return new RegistryEntry(repository, null, digest, "");
                continue;
            }
            // As in a push, one of the same repository comes first: here the last that is there takes the tag.
            var candidates = manifests[image].Reverse().OrderBy(entry => entry.Reference.Repository == reference.Repository);
            foreach (var candidate in candidates)
                yield return new RegistryEntry(repository, reference.Tag, candidate.Reference.Digest!.Value, "");
        }
    }
}
