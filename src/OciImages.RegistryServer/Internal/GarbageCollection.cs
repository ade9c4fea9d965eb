using OciImages.Content;
using OciImages.Manifests;

namespace OciImages.RegistryServer.Internal;

/// <summary>One collection of garbage.</summary>
internal sealed class GarbageCollection(RegistryState state, DateTimeOffset newest)
{
    private readonly IContentStore _store = state.Store ?? throw new InvalidOperationException("The content store cannot be written.");
    private readonly IRegistryIndex _index = state.WritableIndex ?? throw new InvalidOperationException("The index cannot be written.");

    internal async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        await foreach (string repository in _index.ListRepositoriesAsync(null, cancellationToken).ConfigureAwait(false))
            await TakeUnusedBlobsAsync(repository, cancellationToken).ConfigureAwait(false);
        return await DeleteUnownedAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeUnusedBlobsAsync(string repository, CancellationToken cancellationToken)
    {
        using var hold = await state.RepositoryGate.EnterAsync(repository, cancellationToken).ConfigureAwait(false);
        var used = new HashSet<Digest>();
        await foreach (var digest in _index.ListManifestsAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            var record = await _index.FindManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);
            var bytes = await _store.ReadSmallAsync(digest, ManifestContent.MaxSize, cancellationToken).ConfigureAwait(false);
            if (record is null || bytes is not { } found)
                continue;
            // An index may name blobs too.
            var manifest = Manifest.Parse(new ManifestContent(record.Descriptor.MediaType, found, digest));
            used.UnionWith(ManifestParts.Required(manifest));
        }
        await foreach (var blob in _index.ListBlobsAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            if (blob.AddedAt <= newest && !used.Contains(blob.Digest))
                await _index.RemoveBlobAsync(repository, blob.Digest, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<long> DeleteUnownedAsync(CancellationToken cancellationToken)
    {
        var leased = new HashSet<Digest>();
        await foreach (var lease in _store.ListLeasesAsync(cancellationToken).ConfigureAwait(false))
            leased.UnionWith(lease.Content);
        var (count, length) = (0, 0L);
        await foreach (var info in _store.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (info.CreatedAt > newest || leased.Contains(info.Digest))
                continue;
            using var hold = await state.Gate.EnterAsync(info.Digest, cancellationToken).ConfigureAwait(false);
            if (await _index.FindRepositoryOfAsync(info.Digest, cancellationToken).ConfigureAwait(false) is not null)
                continue;
            if (await _store.DeleteAsync(info.Digest, cancellationToken).ConfigureAwait(false))
                (count, length) = (count + 1, length + info.Size);
        }
        state.Logger.Collected(count, length);
        return length;
    }
}
