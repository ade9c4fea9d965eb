using System.Net;
using OciImages.Registry.Http;

namespace OciImages.Registry.Blobs;

/// <summary>The blobs of one repository. OCI distribution specification, "Pulling blobs".</summary>
internal sealed class BlobOperations(RegistryHttp http, Repository repository) : IBlobOperations
{
    public async Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        var head = RequestFor(HttpMethod.Head, digest, "look for");
        try
        {
            return await http.ExecuteAsync(head, static (_, _) => Task.FromResult(true), cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
        // A registry that knows no HEAD, or refuses without words, is asked for the first byte.
        catch (RegistryException e) when (e.StatusCode is not null && !e.IsTransient && e.Kind is not OciErrorKind.Unauthorized)
        {
        }
        var get = head with { Method = HttpMethod.Get, Range = (0, 0), AlsoAccepted = HttpStatusCode.RequestedRangeNotSatisfiable };
        try
        {
            return await http.ExecuteAsync(get, static (_, _) => Task.FromResult(true), cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

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
            return await OpenAsync(request, blob, offset, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.Kind == OciErrorKind.NotFound && MediaTypes.IsForeignLayer(blob.MediaType) && blob.Urls is { Count: > 0 })
        {
            return await OpenForeignAsync(request, blob, offset, e, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Stream> OpenAsync(RegistryRequest request, Descriptor blob, long offset, CancellationToken cancellationToken)
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

    private RegistryRequest RequestFor(HttpMethod method, Digest digest, string verb) => digest.IsEmpty
        ? throw new ArgumentException("The digest is empty.", nameof(digest))
        : repository.PullRequest(method, $"/v2/{repository.Name.Path}/blobs/{digest}", $"{verb} blob {digest} of");
}
