using System.Collections.Concurrent;
using OciImages.Content;
using OciImages.Manifests;

namespace OciImages.RegistryServer.Internal;

/// <summary>Fetches from upstream what is asked for and not here, and keeps it.</summary>
internal sealed class PullThrough(RegistryState state, IUpstreamSource upstream, IContentStore store, IRegistryIndex index)
{
    // Forgetting costs a question to the upstream, or a look into the manifests that are here.
    private const int MaxRemembered = 10_000;

    private const string IngestPrefix = "registry-upstream-";

    private readonly ConcurrentDictionary<(string Repository, string Tag), DateTimeOffset> _asked = new();
    private readonly ConcurrentDictionary<(string Repository, Digest Digest), Descriptor> _blobs = new();

    /// <summary>Whether an ingest is a blob that came from an upstream in part.</summary>
    internal static bool IsIngestOfUpstream(string ingestId) => ingestId.StartsWith(IngestPrefix, StringComparison.Ordinal);

    /// <summary>Makes what a tag or digest names be here as the upstream has it now. When the upstream fails, what is here counts.</summary>
    internal async ValueTask RefreshAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        bool isDigest = Digest.TryParse(reference, out var digest);
        if (isDigest && await index.FindManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false) is not null)
            return;
        Digest? current = isDigest ? null : await index.FindTagAsync(repository, reference, cancellationToken).ConfigureAwait(false);
        var now = state.Options.TimeProvider.GetUtcNow();
        if (current is not null && _asked.TryGetValue((repository, reference), out var asked) && now - asked < state.Options.UpstreamTagLifetime)
            return;
        try
        {
            if (isDigest)
                await FetchAsync(repository, digest, null, cancellationToken).ConfigureAwait(false);
            else if (await upstream.ResolveAsync(repository, reference, cancellationToken).ConfigureAwait(false) is not { } named)
                await index.RemoveTagAsync(repository, reference, cancellationToken).ConfigureAwait(false);
            else if (named != current || await index.FindManifestAsync(repository, named, cancellationToken).ConfigureAwait(false) is null)
                await FetchAsync(repository, named, reference, cancellationToken).ConfigureAwait(false);
            if (!isDigest)
                Remember(_asked, (repository, reference), now);
        }
        catch (OciException e) when (current is not null)
        {
            state.Logger.UpstreamFailed(e, repository, reference);
            // Nor is it asked at once again: whoever waits for a dead upstream would wait each time.
            Remember(_asked, (repository, reference), now);
        }
    }

    /// <summary>Finds what a manifest of the repository says of a blob. What none refers to is not fetched.</summary>
    internal async ValueTask<Descriptor?> FindBlobAsync(string repository, Digest digest, CancellationToken cancellationToken)
    {
        if (_blobs.TryGetValue((repository, digest), out var known))
            return known;
        await foreach (var name in index.ListManifestsAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            var bytes = await store.ReadSmallAsync(name, ManifestContent.MaxSize, cancellationToken).ConfigureAwait(false);
            var record = await index.FindManifestAsync(repository, name, cancellationToken).ConfigureAwait(false);
            if (bytes is not { } found || record is null)
                continue;
            foreach (var blob in ManifestParts.BlobsOf(Manifest.Parse(new ManifestContent(record.Descriptor.MediaType, found, name))))
            {
                if (blob.Digest != digest)
                    continue;
                Remember(_blobs, (repository, digest), blob);
                return blob;
            }
        }
        return null;
    }

    /// <summary>Lets the repository have a blob that came for another one.</summary>
    /// <returns>Whether it is here.</returns>
    internal async ValueTask<bool> TryAdoptAsync(string repository, Descriptor blob, CancellationToken cancellationToken)
    {
        using var hold = await state.Gate.EnterAsync(blob.Digest, cancellationToken).ConfigureAwait(false);
        if (await store.FindAsync(blob.Digest, cancellationToken).ConfigureAwait(false) is not { } info || info.Size != blob.Size)
            return false;
        await index.AddBlobAsync(repository, blob.Digest, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Opens a blob at the upstream. Who asks for the whole of one that nobody else is fetching fills the store on the way; others are
    /// passed through.
    /// </summary>
    internal async ValueTask<UpstreamBlob?> OpenBlobAsync(string repository, Descriptor blob, ByteRange range, CancellationToken cancellationToken)
    {
        var writer = range.Length == blob.Size ? await TryOpenWriterAsync(blob, cancellationToken).ConfigureAwait(false) : null;
        try
        {
            long start = writer?.Offset ?? range.Start;
            if (await upstream.OpenBlobAsync(repository, blob, start, cancellationToken).ConfigureAwait(false) is { } source)
            {
                var opened = new UpstreamBlob(state, index, repository, blob, range, source, writer);
                writer = null;
                return opened;
            }
            return null;
        }
        finally
        {
            if (writer is not null)
                await writer.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The upstream's tags in order; null when it has none or fails.</summary>
    internal async ValueTask<IEnumerable<string>?> ListTagsAsync(string repository, string? after, CancellationToken cancellationToken)
    {
        try
        {
            var tags = await upstream.ListTagsAsync(repository, cancellationToken).ConfigureAwait(false);
            return tags?.Where(tag => after is null || string.CompareOrdinal(tag, after) > 0).Order(StringComparer.Ordinal);
        }
        catch (OciException e)
        {
            state.Logger.UpstreamFailed(e, repository, "tags");
            return null;
        }
    }

    private async ValueTask FetchAsync(string repository, Digest digest, string? tag, CancellationToken cancellationToken)
    {
        if (await upstream.FetchManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false) is not { } content)
            return;
        var manifest = Manifest.Parse(content);
        using (await state.Gate.EnterAsync(digest, cancellationToken).ConfigureAwait(false))
        {
            await store.WriteSmallAsync(content.Bytes, digest, cancellationToken).ConfigureAwait(false);
            string[] tags = tag is null ? [] : [tag];
            using var stays = await state.RepositoryGate.EnterAsync(repository, cancellationToken).ConfigureAwait(false);
            await index.PutManifestAsync(repository, RegistryManifest.Of(manifest), tags, [], cancellationToken).ConfigureAwait(false);
        }
        foreach (var blob in ManifestParts.BlobsOf(manifest))
            Remember(_blobs, (repository, blob.Digest), blob);
    }

    private async ValueTask<ContentWriter?> TryOpenWriterAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        try
        {
            var writer = await store.OpenWriterAsync($"{IngestPrefix}{blob.Digest}", cancellationToken).ConfigureAwait(false);
            // More than the whole cannot be right; the commit would say so, but only after sending it.
            if (writer.Offset >= blob.Size)
                await writer.RestartAsync(cancellationToken).ConfigureAwait(false);
            return writer;
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Unavailable)
        {
            return null; // another request is fetching it, or the disk is full
        }
    }

    private static void Remember<TKey, TValue>(ConcurrentDictionary<TKey, TValue> memory, TKey key, TValue value)
        where TKey : notnull
    {
        if (memory.Count >= MaxRemembered)
            memory.Clear();
        memory[key] = value;
    }
}
