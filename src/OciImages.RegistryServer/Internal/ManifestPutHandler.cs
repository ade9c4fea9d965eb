using System.Buffers;
using Microsoft.AspNetCore.Http;
using OciImages.Content;
using OciImages.Manifests;

namespace OciImages.RegistryServer.Internal;

/// <summary>OCI distribution specification, "Pushing Manifests".</summary>
internal sealed class ManifestPutHandler(RegistryState state)
{
    private const int MaxTags = 100;
    private const int MaxFaults = 100;

    internal async Task PutAsync(HttpContext context, RegistryRoute route)
    {
        var tags = TagsOf(context, route, out var fault);
        var body = fault is null ? await ReadAsync(context).ConfigureAwait(false) : null;
        if (fault is null && body is null)
            fault = RegistryFault.ManifestInvalid($"The manifest is larger than the {state.Options.MaxManifestSize} bytes allowed.", StatusCodes.Status413PayloadTooLarge);
        var manifest = fault is null ? Parse(context, route, body!, out fault) : null;
        if (fault is not null || manifest is null)
        {
            await context.FailAsync(fault!).ConfigureAwait(false);
            return;
        }
        var digest = manifest.Content.Descriptor.Digest;
        var missing = await StoreAsync(route.Name, manifest, tags, context.RequestAborted).ConfigureAwait(false);
        if (missing.Count > 0)
        {
            await context.FailAsync([.. missing.Take(MaxFaults).Select(RegistryFault.ManifestBlobUnknown)]).ConfigureAwait(false);
            return;
        }
        var response = context.Response;
        response.StatusCode = StatusCodes.Status201Created;
        // By digest, whatever it was put by: a tag may be moved on by the time somebody follows.
        response.Headers.Location = route.ManifestLocation(digest.ToString());
        response.Headers[RegistryResponse.DigestHeader] = digest.ToString();
        response.Headers.ETag = EntityTags.Of(digest);
        if (manifest.Subject is { } subject)
            response.Headers["OCI-Subject"] = subject.Digest.ToString();
        if (context.Request.Query.ContainsKey("tag"))
            response.Headers["OCI-Tag"] = tags;
        state.Logger.ManifestPut(route.Name, digest, string.Join(", ", tags));
    }

    private static string[] TagsOf(HttpContext context, RegistryRoute route, out RegistryFault? fault)
    {
        fault = ManifestHandler.FaultOf(route.Argument);
        if (fault is not null)
            return [];
        var more = context.Request.Query["tag"];
        if (!route.Argument.Contains(':', StringComparison.Ordinal))
        {
            if (more.Count > 0)
                fault = RegistryFault.ManifestInvalid("Tags can be added only to a manifest that is pushed by its digest.");
            return [route.Argument];
        }
        if (more.Count > MaxTags)
            fault = RegistryFault.ManifestInvalid($"More than {MaxTags} tags in one request.", StatusCodes.Status414UriTooLong);
        else if (!more.All(RegistryNames.IsTag))
            fault = RegistryFault.ManifestInvalid("One of the tags is malformed.");
        return [.. more.OfType<string>().Distinct()];
    }

    /// <summary>Reads the body; null when it is larger than allowed.</summary>
    private async ValueTask<byte[]?> ReadAsync(HttpContext context)
    {
        int max = state.Options.MaxManifestSize;
        context.LimitBody(max + 1L);
        if (context.Request.ContentLength > max)
            return null;
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            if (read.Buffer.Length > max)
                return null;
            if (read.IsCompleted)
            {
                byte[] body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static Manifest? Parse(HttpContext context, RegistryRoute route, byte[] body, out RegistryFault? fault)
    {
        fault = null;
        Digest? expected = Digest.TryParse(route.Argument, out var given) ? given : null;
        // Parameters of the type are ignored: "The registry SHOULD ignore parameters on the Content-Type header".
        string mediaType = (context.Request.ContentType ?? "").Split(';')[0].Trim();
        try
        {
            return Manifest.Parse(new ManifestContent(mediaType, body, expected));
        }
        catch (OciException e)
        {
            fault = e.Kind == OciErrorKind.Corrupt
                ? RegistryFault.DigestInvalid(route.Argument, "The manifest has another digest.")
                : RegistryFault.ManifestInvalid(e.Message);
            return null;
        }
    }

    private async ValueTask<IReadOnlyList<Digest>> StoreAsync(
        string repository, Manifest manifest, string[] tags, CancellationToken cancellationToken)
    {
        Digest[] required = state.Options.AllowSparseManifests ? [] : ManifestParts.Required(manifest);
        var digest = manifest.Content.Descriptor.Digest;
        // Before anything is stored: who asks for what is missing leaves nothing behind. What a repository has may have left the store.
        var lost = new List<Digest>();
        foreach (var part in required)
        {
            if (await state.Content.FindAsync(part, cancellationToken).ConfigureAwait(false) is null)
                lost.Add(part);
        }
        if (lost.Count > 0)
            return lost;
        using var hold = await state.Gate.EnterAsync(digest, cancellationToken).ConfigureAwait(false);
        await state.Store!.WriteSmallAsync(manifest.Content.Bytes, digest, cancellationToken).ConfigureAwait(false);
        using var stays = await state.RepositoryGate.EnterAsync(repository, cancellationToken).ConfigureAwait(false);
        return await state.WritableIndex!.PutManifestAsync(repository, RegistryManifest.Of(manifest), tags, required, cancellationToken).ConfigureAwait(false);
    }
}
