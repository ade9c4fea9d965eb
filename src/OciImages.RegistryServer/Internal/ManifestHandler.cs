using Microsoft.AspNetCore.Http;
using OciImages.Content;
using OciImages.Manifests;

namespace OciImages.RegistryServer.Internal;

/// <summary>Manifests and tags: OCI distribution specification, "Pulling manifests", "Deleting tags", "Deleting Manifests".</summary>
internal sealed class ManifestHandler(RegistryState state)
{
    internal async Task GetAsync(HttpContext context, RegistryRoute route)
    {
        if (FaultOf(route.Argument) is { } fault)
        {
            await context.FailAsync(fault).ConfigureAwait(false);
            return;
        }
        if (state.Upstream is { } upstream)
            await upstream.RefreshAsync(route.Name, route.Argument, context.RequestAborted).ConfigureAwait(false);
        if (await FindAsync(route.Name, route.Argument, context.RequestAborted).ConfigureAwait(false) is not { } manifest)
        {
            await context.FailAsync(RegistryFault.ManifestUnknown(route.Argument)).ConfigureAwait(false);
            return;
        }
        var descriptor = manifest.Descriptor;
        string tag = EntityTags.Of(descriptor.Digest);
        context.Response.Headers[RegistryResponse.DigestHeader] = descriptor.Digest.ToString();
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } known && EntityTags.Matches(known.ToString(), tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentType = descriptor.MediaType;
            context.Response.ContentLength = descriptor.Size;
            return;
        }
        var bytes = await state.Content.ReadSmallAsync(descriptor.Digest, ManifestContent.MaxSize, context.RequestAborted).ConfigureAwait(false);
        if (bytes is { } found)
        {
            await context.WriteAsync(descriptor.MediaType, found).ConfigureAwait(false);
            return;
        }
        context.Response.Headers.Remove(RegistryResponse.DigestHeader);
        context.Response.Headers.ETag = default;
        await context.FailAsync(RegistryFault.ManifestUnknown(route.Argument)).ConfigureAwait(false);
    }

    internal async Task DeleteAsync(HttpContext context, RegistryRoute route)
    {
        if (FaultOf(route.Argument) is { } fault)
        {
            await context.FailAsync(fault).ConfigureAwait(false);
            return;
        }
        bool removed = Digest.TryParse(route.Argument, out var digest)
            ? await state.WritableIndex!.RemoveManifestAsync(route.Name, digest, context.RequestAborted).ConfigureAwait(false)
            : await state.WritableIndex!.RemoveTagAsync(route.Name, route.Argument, context.RequestAborted).ConfigureAwait(false);
        if (removed)
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        else if (await state.Index.HasRepositoryAsync(route.Name, context.RequestAborted).ConfigureAwait(false))
            await context.FailAsync(RegistryFault.ManifestUnknown(route.Argument)).ConfigureAwait(false);
        else
            await context.FailAsync(RegistryFault.NameUnknown(route.Name)).ConfigureAwait(false);
    }

    /// <summary>What is wrong with a reference: with a colon it must be a digest, without one a tag.</summary>
    internal static RegistryFault? FaultOf(string reference)
    {
        if (reference.Contains(':', StringComparison.Ordinal))
            return Digest.TryParse(reference, out _) ? null : RegistryFault.DigestInvalid(reference);
        return RegistryNames.IsTag(reference) ? null : RegistryFault.ManifestInvalid("The reference is neither a tag nor a digest.");
    }

    private async ValueTask<RegistryManifest?> FindAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse(reference, out var digest))
        {
            if (await state.Index.FindTagAsync(repository, reference, cancellationToken).ConfigureAwait(false) is not { } named)
                return null;
            digest = named;
        }
        return await state.Index.FindManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);
    }
}
