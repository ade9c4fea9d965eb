using System.Runtime.CompilerServices;
using OciImages;
using OciImages.Images;
using OciImages.References;
using OciImages.RegistryServer;
using OciImages.Roots;

namespace Oci.Commands;

/// <summary>
/// The images of a data root as a registry serves them: every tag with the manifest or index by which it came here or was pushed, and every
/// digest. An image without one, as a build or docker's own archive leaves it, has only unpacked layers: it is not served until it has been
/// pushed somewhere, because a manifest names blobs.
/// </summary>
internal sealed class ImageRegistryIndex(ImageRoot root) : ScannedRegistryIndex(root.Content)
{
    private readonly string? _references = (root.References as FileReferenceStore)?.FilePath;
    private readonly string? _origins = (root.Origins as FileImageOriginStore)?.Root;

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
        // Each change replaces a file. Without files, whatever keeps names and origins is asked each time.
        if (_references is null || _origins is null)
            return ValueTask.FromResult(new object());
        var names = new FileInfo(_references);
        var origins = Directory.GetLastWriteTimeUtc(Path.Combine(_origins, DigestAlgorithm.Sha256.Name));
        return ValueTask.FromResult<object>(names.Exists ? (names.LastWriteTimeUtc, names.Length, origins) : (DateTime.MinValue, 0L, origins));
    }

    protected override async IAsyncEnumerable<RegistryEntry> ListEntriesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var references = await root.References.ListAsync(null, cancellationToken).ToListAsync(cancellationToken);
        var digests = references.Where(entry => entry.Reference.Digest is not null).ToLookup(entry => entry.ImageId);
        var origins = new Dictionary<ImageId, IReadOnlyList<ImageOrigin>>();
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
            // The last one whose manifest is there takes the tag: what came or went by this very tag, newest last; as in a push, others of
            // the same repository before those of another.
            foreach (var candidate in digests[image].Reverse().OrderBy(entry => entry.Reference.Repository == reference.Repository))
                yield return new RegistryEntry(repository, reference.Tag, candidate.Reference.Digest!.Value, "");
            if (!origins.TryGetValue(image, out var known))
                origins[image] = known = await ReadOriginsAsync(image, cancellationToken);
            foreach (var origin in known.OrderBy(origin => origin.Reference == reference ? 2 : origin.Reference.Repository == reference.Repository ? 1 : 0))
                yield return new RegistryEntry(repository, reference.Tag, origin.Root.Digest, origin.Root.MediaType);
        }
    }

    // Without its record an image may still have a digest by which it was pulled.
    private async ValueTask<IReadOnlyList<ImageOrigin>> ReadOriginsAsync(ImageId image, CancellationToken cancellationToken)
    {
        try
        {
            return await root.Origins.ReadAsync(image, cancellationToken);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            return [];
        }
    }
}
