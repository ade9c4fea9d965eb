using System.Net;
using OciImages.Registry.Http;
using OciImages.Registry.Manifests;

namespace OciImages.Registry.Blobs;

/// <summary>Asks whether a blob is there. OCI distribution specification, "Checking if content exists in the registry".</summary>
internal static class BlobProbe
{
    /// <summary>Asks, by <c>HEAD</c> and where that is not known by a <c>GET</c> of the first byte.</summary>
    public static async Task<bool> ExistsAsync(RegistryHttp http, RegistryRequest head, Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return await http.ExecuteAsync(head, Judge, cancellationToken).ConfigureAwait(false);
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
            return await http.ExecuteAsync(get, Judge, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }

        Task<bool> Judge(HttpResponseMessage response, CancellationToken _)
        {
            // Somebody's login page has every blob.
            if (ManifestType.OfHeader(response) == "text/html" && response.RequestMessage!.Method == HttpMethod.Head)
                throw RegistryHttp.Failure(head, OciErrorKind.InvalidInput, "the registry answered with a web page instead");
            return Task.FromResult(ContentDigestHeader.Of(response) is not { } stated || stated.Algorithm != digest.Algorithm || stated == digest);
        }
    }
}
