using System.Net;
using OciImages.Registry.Auth;
using OciImages.Registry.Blobs;
using OciImages.Registry.Http;

namespace OciImages.Registry.Uploads;

/// <summary>
/// Brings one blob into one repository: is it there, can it be mounted, else send it, in whichever way the registry takes. OCI distribution
/// specification, "Pushing blobs" and "Mounting a blob from another repository".
/// </summary>
internal sealed class BlobUploader(RegistryHttp http, RegistryRequest push, Descriptor blob, BlobPushOptions options, UploadSource source)
{
    private const int SmallBlob = 1024 * 1024;

    private readonly BlobUpload _upload = new(http, push, blob, options, source);

    public async Task<BlobPushResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await _upload.IsThereAsync(cancellationToken).ConfigureAwait(false))
                return new BlobPushResult(BlobPushOutcome.Existing);
            if (await MountAsync(cancellationToken).ConfigureAwait(false) is { } from)
                return new BlobPushResult(BlobPushOutcome.Mounted) { MountedFrom = from };
            await UploadAsync(cancellationToken).ConfigureAwait(false);
            return new BlobPushResult(BlobPushOutcome.Uploaded);
        }
        finally
        {
            await AbandonAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Asks for the blob from one repository; the session that a registry opens instead is kept for the upload.</summary>
    public async Task<bool> TryMountAsync(RepositoryName from, CancellationToken cancellationToken)
    {
        var request = push with
        {
            Method = HttpMethod.Post,
            Target = $"{push.Target}uploads/?mount={Uri.EscapeDataString(blob.Digest.ToString())}&from={Uri.EscapeDataString(from.Path)}",
            Action = $"mount blob {blob.Digest} from {from.Path} into",
            Scopes = [.. push.Scopes, TokenScope.Pull(from.Path)],
        };
        var opened = await http.ExecuteAsync<UploadSession?>(request, async (response, token) =>
        {
            if (response.StatusCode != HttpStatusCode.Created)
                return await UploadSession.OfAsync(http, push, response, token).ConfigureAwait(false);
            return ContentDigestHeader.Of(response) is { } stated && stated.Algorithm == blob.Digest.Algorithm && stated != blob.Digest
                ? throw RegistryHttp.Failure(request, OciErrorKind.Corrupt, $"the registry mounted {stated} instead")
                : null;
        }, cancellationToken).ConfigureAwait(false);
        if (opened is null)
            return true;
        await _upload.OfferAsync(opened).ConfigureAwait(false);
        return false;
    }

    /// <summary>Gives up what is open.</summary>
    public Task AbandonAsync() => _upload.AbandonAsync();

    private async Task<RepositoryName?> MountAsync(CancellationToken cancellationToken)
    {
        // As Docker: the larger the blob, the more questions it is worth.
        int tries = blob.Size switch { <= 100_000 => 1, <= 10_000_000 => 3, _ => 4 };
        // Docker Hub opens no session at all for a repository of another registry (go-containerregistry issue 1741).
        var candidates = options.MountFrom
            .Where(from => RegistryDomain.Parse(from.Domain) == push.Domain && from.Path != push.Repository).Distinct().Take(tries);
        foreach (var from in candidates)
        {
            try
            {
                if (await TryMountAsync(from, cancellationToken).ConfigureAwait(false))
                    return from;
            }
            catch (RegistryException e)
            {
                // Often no rights there. The blob can be sent all the same.
                RegistryLog.MountRefused(http.Logger, e.Message);
            }
        }
        return null;
    }

    private async Task UploadAsync(CancellationToken cancellationToken)
    {
        bool isSmall = blob.Size <= SmallBlob;
        var modes = options.Mode is { } only ? [only] : http.Uploads.ModesFor(push.Domain, isSmall);
        for (int i = 0; ; i++)
        {
            try
            {
                await _upload.RunAsync(modes[i], cancellationToken).ConfigureAwait(false);
                http.Uploads.Refused(push.Domain, modes.Take(i), isSmall);
                return;
            }
            catch (RegistryException e) when (i + 1 < modes.Count && MayBeTheMode(e))
            {
                RegistryLog.UploadModeRefused(http.Logger, modes[i], e.Message);
            }
            await AbandonAsync().ConfigureAwait(false);
        }
    }

    // What registries and what stands before them answer to a way that they do not know, or to a body that is too large for them.
    private static bool MayBeTheMode(RegistryException failure) =>
        (int?)failure.StatusCode is 400 or 404 or 405 or 411 or 413 or 415 or 416 or 417 or 501 && !failure.Errors.Any(error => error.Code is "NAME_UNKNOWN");
}
