using OciImages.Registry.Http;
using OciImages.Registry.Uploads;

namespace OciImages.Registry.Blobs;

/// <summary>The blobs of one repository. OCI distribution specification, "Pulling blobs", "Pushing blobs" and "Deleting blobs".</summary>
internal sealed class BlobOperations(RegistryHttp http, Repository repository) : IBlobOperations
{
    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken = default) =>
        BlobProbe.ExistsAsync(http, RequestFor(HttpMethod.Head, digest, "look for"), digest, cancellationToken);

    public async Task<Stream> OpenReadAsync(Descriptor blob, long offset = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(blob);
        ArgumentOutOfRangeException.ThrowIfNegative(blob.Size);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, blob.Size);
        var request = RequestFor(HttpMethod.Get, blob.Digest, "read");
        if (offset == blob.Size)
            return new BlobReadStream(new BlobSource(http, request, blob), new RetrySchedule(http.Options, http.Logger), offset);
        try
        {
            var stream = await OpenAsync(request, blob, offset, cancellationToken).ConfigureAwait(false);
            return RangedBlobStream.IsWorth(http, request, blob.Size - offset)
                ? new RangedBlobStream(http, request, blob, stream, offset)
                : stream;
        }
        catch (RegistryException e) when (e.Kind == OciErrorKind.NotFound && MediaTypes.IsForeignLayer(blob.MediaType) && blob.Urls is { Count: > 0 })
        {
            return await OpenForeignAsync(request, blob, offset, e, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<BlobPushResult> PushAsync(
        Descriptor blob, Func<CancellationToken, ValueTask<Stream>> openContent, BlobPushOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(blob);
        ArgumentNullException.ThrowIfNull(openContent);
        ArgumentOutOfRangeException.ThrowIfNegative(blob.Size);
        options ??= new BlobPushOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ChunkSize, 1);
        var source = new UploadSource(blob, openContent);
        await using (source.ConfigureAwait(false))
            return await new BlobUploader(http, PushRequest(blob.Digest), blob, options, source).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<bool> TryMountAsync(Digest digest, RepositoryName from, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        if (RegistryDomain.Parse(from.Domain) != RegistryDomain.Parse(repository.Name.Domain))
            throw new ArgumentException("A blob is mounted from a repository of the same registry only.", nameof(from));
        var blob = new Descriptor(MediaTypes.OciLayer, digest, 0);
        var source = new UploadSource(blob, static _ => throw new InvalidOperationException("Nothing is sent."));
        await using (source.ConfigureAwait(false))
        {
            var uploader = new BlobUploader(http, PushRequest(digest), blob, new BlobPushOptions(), source);
            bool isMounted = await uploader.TryMountAsync(from, cancellationToken).ConfigureAwait(false);
            await uploader.AbandonAsync().ConfigureAwait(false);
            return isMounted;
        }
    }

    public Task<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default) =>
        http.DeleteAsync(RequestFor(HttpMethod.Delete, digest, "delete") with { Scopes = repository.DeleteScopes }, cancellationToken);

    private async Task<BlobReadStream> OpenAsync(RegistryRequest request, Descriptor blob, long offset, CancellationToken cancellationToken)
    {
        var stream = new BlobReadStream(new BlobSource(http, request, blob), new RetrySchedule(http.Options, http.Logger), offset);
        try
        {
            await stream.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Layers that may not be distributed lie at places that the manifest names: whoever wrote it chooses where this machine asks,
    // so credentials never go along and only public hosts are asked.
    private async Task<Stream> OpenForeignAsync(
        RegistryRequest request, Descriptor blob, long offset, RegistryException missing, CancellationToken cancellationToken)
    {
        var failure = missing;
        foreach (string text in blob.Urls!.Take(16))
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
                continue;
            if (http.ForeignRefusal(url) is { } refusal)
            {
                failure = RegistryHttp.Failure(request, OciErrorKind.Forbidden, $"its URL at {PlainText.Clean(url.Authority, 100)} is refused: {refusal}");
                continue;
            }
            RegistryLog.ForeignFetch(http.Logger, request.Domain.Name, blob.Digest.ToString(), Origin.Redact(url));
            try
            {
                return await OpenAsync(request with { ForeignUrl = url, Scopes = [] }, blob, offset, cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryException e)
            {
                failure = e;
            }
        }
        throw failure;
    }

    private RegistryRequest PushRequest(Digest digest)
    {
        var request = RequestFor(HttpMethod.Put, digest, "push");
        return request with { Target = $"/v2/{repository.Name.Path}/blobs/", Action = $"push blob {digest} to", Scopes = repository.PushScopes };
    }

    private RegistryRequest RequestFor(HttpMethod method, Digest digest, string verb) => digest.IsEmpty
        ? throw new ArgumentException("The digest is empty.", nameof(digest))
        : repository.PullRequest(method, $"/v2/{repository.Name.Path}/blobs/{digest}", $"{verb} blob {digest} of");
}
