using System.Globalization;
using Microsoft.AspNetCore.Http;
using OciImages.RegistryServer.Auth;

namespace OciImages.RegistryServer.Internal;

/// <summary>
/// The beginning of uploads: OCI distribution specification, "Pushing a blob monolithically", "Pushing a blob in chunks" and "Mounting a
/// blob from another repository".
/// </summary>
internal sealed class UploadStartHandler(RegistryState state, UploadSessions uploads, UploadHandler handler)
{
    internal async Task PostAsync(HttpContext context, RegistryRoute route)
    {
        var query = context.Request.Query;
        if (query.TryGetValue("digest-algorithm", out var algorithm) && !DigestAlgorithm.TryGet(algorithm.ToString(), out _))
        {
            await context.FailAsync(RegistryFault.DigestInvalid(algorithm.ToString())).ConfigureAwait(false);
            return;
        }
        Digest? whole = null;
        foreach (string name in new[] { "mount", "digest" })
        {
            if (!query.TryGetValue(name, out var text))
                continue;
            if (!Digest.TryParse(text.ToString(), out var digest))
            {
                await context.FailAsync(RegistryFault.DigestInvalid(text.ToString())).ConfigureAwait(false);
                return;
            }
            if (name == "digest")
                whole = digest;
            else if (await TryMountAsync(context, route, digest).ConfigureAwait(false))
                return;
        }
        if (await uploads.StartAsync(route.Name, context.RequestAborted).ConfigureAwait(false) is not { } session)
        {
            context.Response.Headers.RetryAfter = "10";
            await context.FailAsync(RegistryFault.TooManyUploads).ConfigureAwait(false);
            return;
        }
        // A mount that failed has no body to complete: the client goes on by PUT.
        if (whole is { } expected && !query.ContainsKey("mount"))
        {
            // The id is known to nobody: whatever fails, nothing is left of it.
            await handler.CompleteAsync(context, route, session, expected, keep: false).ConfigureAwait(false);
            return;
        }
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        UploadHandler.Describe(context, route, session.Id, 0);
        if (state.Options.MinChunkLength > 0)
            context.Response.Headers["OCI-Chunk-Min-Length"] = state.Options.MinChunkLength.ToString(CultureInfo.InvariantCulture);
        await uploads.LeaveAsync(session, route.Name).ConfigureAwait(false);
    }

    /// <summary>Mounts a blob, or answers that a name is malformed.</summary>
    /// <returns>Whether the request is answered; otherwise an upload begins.</returns>
    private async ValueTask<bool> TryMountAsync(HttpContext context, RegistryRoute route, Digest digest)
    {
        string from = context.Request.Query["from"].ToString();
        if (from.Length > 0 && !RegistryNames.IsRepository(from))
        {
            await context.FailAsync(RegistryFault.NameInvalid(from)).ConfigureAwait(false);
            return true;
        }
        using var hold = await state.Gate.EnterAsync(digest, context.RequestAborted).ConfigureAwait(false);
        if (await state.Content.FindAsync(digest, context.RequestAborted).ConfigureAwait(false) is null
            || !await IsMountableAsync(context, from, digest).ConfigureAwait(false))
        {
            return false;
        }
        await state.WritableIndex!.AddBlobAsync(route.Name, digest, context.RequestAborted).ConfigureAwait(false);
        RegistryTelemetry.Mounted();
        UploadHandler.Created(context, route, digest);
        return true;
    }

    private async ValueTask<bool> IsMountableAsync(HttpContext context, string from, Digest digest)
    {
        if (from.Length == 0)
        {
            return state.AllowsAnonymousMount
                && await state.Index.FindRepositoryOfAsync(digest, context.RequestAborted).ConfigureAwait(false) is not null;
        }
        if (!await state.Index.HasBlobAsync(from, digest, context.RequestAborted).ConfigureAwait(false))
            return false;
        // Who may not read there begins an upload instead: it proves that he has the content.
        return state.Options.Authorizer is not { } authorizer
            || (await authorizer.AuthorizeAsync(context, [new RegistryAccess(from, RegistryAction.Pull)], context.RequestAborted).ConfigureAwait(false)).IsAllowed;
    }
}
