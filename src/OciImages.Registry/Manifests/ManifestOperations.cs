using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OciImages.Manifests;
using OciImages.Registry.Http;
using OciImages.Registry.Referrers;

namespace OciImages.Registry.Manifests;

/// <summary>The manifests of one repository. OCI distribution specification, "Pulling manifests", "Pushing Manifests" and "Deleting Manifests".</summary>
internal sealed class ManifestOperations(RegistryHttp http, Repository repository) : IManifestOperations
{
    private static readonly string Accept = string.Join(", ", MediaTypes.AcceptedManifests);

    public async Task<Descriptor?> ResolveAsync(string tagOrDigest, CancellationToken cancellationToken = default)
    {
        var name = ManifestName.Parse(tagOrDigest);
        try
        {
            var request = RequestFor(HttpMethod.Head, name);
            var descriptor = await http.ExecuteAsync(request, (response, _) => Task.FromResult(ReadHead(request, name, response)), cancellationToken)
                .ConfigureAwait(false);
            if (descriptor is not null)
                return descriptor;
        }
        // Some registries know no HEAD here, or answer it differently; and only a GET brings the registry's own words.
        catch (RegistryException e) when (e.StatusCode is not null && !e.IsTransient && e.Kind is not OciErrorKind.Unauthorized)
        {
        }
        try
        {
            return (await GetAsync(name, cancellationToken).ConfigureAwait(false)).Descriptor;
        }
        catch (RegistryException e) when (e.Kind == OciErrorKind.NotFound)
        {
            return null;
        }
    }

    public Task<ManifestContent> GetAsync(string tagOrDigest, CancellationToken cancellationToken = default) =>
        GetAsync(ManifestName.Parse(tagOrDigest), cancellationToken);

    public async Task<Descriptor> PutAsync(string tagOrDigest, ManifestContent manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var name = ManifestName.Parse(tagOrDigest);
        var parsed = Manifest.Parse(manifest);
        var descriptor = manifest.Descriptor with { MediaType = parsed.MediaType };
        if (name.Digest is { } digest && digest != Digest.Compute(manifest.Bytes.Span, digest.Algorithm))
            throw new OciException(OciErrorKind.InvalidInput, $"The manifest {descriptor.Digest} cannot be put as {digest}.");
        var request = RequestFor(HttpMethod.Put, name, "put") with
        {
            Action = $"put manifest {name.Text} into",
            Scopes = repository.PushScopes,
            CreateContent = () => new ReadOnlyMemoryContent(manifest.Bytes) { Headers = { ContentType = new MediaTypeHeaderValue(descriptor.MediaType) } },
        };
        bool isListed = await http.ExecuteAsync(request, async (response, token) =>
            {
                await WebPage.RefuseAsync(http, request, response, token).ConfigureAwait(false);
                return ReadPut(request, manifest, response);
            }, cancellationToken)
            .ConfigureAwait(false);
        if (parsed.Subject is { } subject && !isListed)
            await new ReferrerTag(http, this, subject.Digest).AddAsync(ReferrerOf(parsed, descriptor), cancellationToken).ConfigureAwait(false);
        return descriptor;
    }

    public async Task<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        var subject = await FindSubjectAsync(digest, cancellationToken).ConfigureAwait(false);
        var request = RequestFor(HttpMethod.Delete, ManifestName.Parse(digest.ToString()), "delete") with { Scopes = repository.DeleteScopes };
        if (!await http.DeleteAsync(request, cancellationToken).ConfigureAwait(false))
            return false;
        if (subject is not null && !await new ReferrerList(http, repository).IsKnownAsync(subject.Digest, cancellationToken).ConfigureAwait(false))
            await new ReferrerTag(http, this, subject.Digest).RemoveAsync(digest, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async Task<bool> DeleteTagAsync(string tag, CancellationToken cancellationToken = default)
    {
        var name = ManifestName.Parse(tag);
        if (name.Digest is not null)
            throw new OciException(OciErrorKind.InvalidInput, $"\"{tag}\" is a digest, not a tag.");
        var request = RequestFor(HttpMethod.Delete, name, "delete") with { Action = $"delete tag {tag} of", Scopes = repository.DeleteScopes };
        try
        {
            return await http.DeleteAsync(request, cancellationToken).ConfigureAwait(false);
        }
        // What registries say that delete by digest only.
        catch (RegistryException e) when (e.StatusCode == HttpStatusCode.BadRequest && e.Errors.Any(error => error.Code is "DIGEST_INVALID" or "UNSUPPORTED"))
        {
            throw RegistryHttp.Failure(request, OciErrorKind.Unsupported, "the registry deletes manifests by their digest only");
        }
    }

    private Task<ManifestContent> GetAsync(ManifestName name, CancellationToken cancellationToken)
    {
        var request = RequestFor(HttpMethod.Get, name);
        return http.ExecuteAsync(request, (response, token) => ReadAsync(request, name, response, token), cancellationToken);
    }

    private RegistryRequest RequestFor(HttpMethod method, ManifestName name, string verb = "get") =>
        repository.PullRequest(method, $"/v2/{repository.Name.Path}/manifests/{name.Text}", $"{verb} manifest {name.Text} of") with { Accept = Accept };

    /// <summary>Checks the answer to a put.</summary>
    /// <returns>Whether the registry lists the manifest as a referrer by itself.</returns>
    private static bool ReadPut(RegistryRequest request, ManifestContent manifest, HttpResponseMessage response)
    {
        if (ContentDigestHeader.Of(response) is { } stated && Digest.Compute(manifest.Bytes.Span, stated.Algorithm) != stated)
            throw RegistryHttp.Failure(request, OciErrorKind.Corrupt, $"the registry stored it as {stated} instead of {manifest.Descriptor.Digest}");
        return response.Headers.NonValidated.Contains("OCI-Subject");
    }

    private async Task<Descriptor?> FindSubjectAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return Manifest.Parse(await GetAsync(digest.ToString(), cancellationToken).ConfigureAwait(false)).Subject;
        }
        catch (OciException e) when (e is not RegistryException { IsTransient: true } && e.Kind is not (OciErrorKind.Unauthorized or OciErrorKind.Forbidden))
        {
            // What cannot be read can still be deleted.
            return null;
        }
    }

    private static Descriptor ReferrerOf(Manifest manifest, Descriptor descriptor) => descriptor with
    {
        ArtifactType = manifest is ImageManifest image ? image.EffectiveArtifactType : manifest.ArtifactType,
        Annotations = manifest.Annotations.Count > 0 ? manifest.Annotations : null,
    };

    /// <summary>The descriptor that a head gives; null when it does not give all of it.</summary>
    private Descriptor? ReadHead(RegistryRequest request, ManifestName name, HttpResponseMessage response)
    {
        if (ContentDigestHeader.Of(response) is not { } digest
            || response.Content.Headers.ContentLength is not (> 0 and { } length)
            || ManifestType.OfHeader(response) is not { } mediaType
            || mediaType == "text/html")
            return null;
        if (name.Digest is { } asked && asked != digest)
        {
            // The same content under another algorithm is possible; the body shows it.
            return asked.Algorithm != digest.Algorithm ? null : throw Mismatch(request, digest);
        }
        RefuseSchema1(request, mediaType);
        RefuseLarger(request, length);
        return new Descriptor(mediaType, digest, length);
    }

    private async Task<ManifestContent> ReadAsync(
        RegistryRequest request, ManifestName name, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        RefuseLarger(request, response.Content.Headers.ContentLength ?? 0);
        using var body = await http.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        var (bytes, isMore) = await body.ReadUpToAsync(http.Options.MaxManifestSize, cancellationToken).ConfigureAwait(false);
        if (isMore)
            RefuseLarger(request, long.MaxValue);

        string? header = ManifestType.OfHeader(response);
        // A page of a proxy or a login form is told as what it is, whatever was asked for.
        if (header == "text/html" || ErrorBody.IsHtml(Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 64)))))
        {
            throw RegistryHttp.Failure(
                request, OciErrorKind.InvalidInput,
                $"the registry answered with a web page instead; is {request.Domain.Authority} a registry, and is nothing in between?");
        }

        var expected = name.Digest ?? Digest.Compute(bytes);
        if (name.Digest is not null && Digest.Compute(bytes, expected.Algorithm) is var actual && actual != expected)
            throw Mismatch(request, actual);
        if (ContentDigestHeader.Of(response) is { } stated && Digest.Compute(bytes, stated.Algorithm) != stated)
            throw RegistryHttp.Failure(request, OciErrorKind.Corrupt, $"the registry says that its digest is {stated}, but its bytes have another");
        return new ManifestContent(MediaTypeOf(request, header, bytes), bytes, expected);
    }

    private static string MediaTypeOf(RegistryRequest request, string? header, ReadOnlySpan<byte> bytes)
    {
        string? body;
        bool isStated;
        try
        {
            body = ManifestType.OfBody(bytes, out isStated);
        }
        catch (FormatException e)
        {
            throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, $"the registry's answer {e.Message}");
        }
        string mediaType = header ?? body
            ?? throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "neither the registry nor the manifest says what media type it has");
        RefuseSchema1(request, mediaType);
        if (isStated && body != mediaType)
        {
            throw RegistryHttp.Failure(
                request, OciErrorKind.InvalidInput,
                $"the registry says that its media type is {PlainText.Clean(mediaType, 100)}, but it says {PlainText.Clean(body, 100)} itself");
        }
        return mediaType;
    }

    private void RefuseLarger(RegistryRequest request, long length)
    {
        if (length > http.Options.MaxManifestSize)
        {
            throw RegistryHttp.Failure(
                request, OciErrorKind.InvalidInput, $"it is larger than the {http.Options.MaxManifestSize} bytes that a manifest may have");
        }
    }

    private static void RefuseSchema1(RegistryRequest request, string mediaType)
    {
        if (MediaTypes.IsSchema1(mediaType))
        {
            throw RegistryHttp.Failure(
                request, OciErrorKind.Unsupported, "it has the old schema 1 format, which is not supported; push the image again with a current tool");
        }
    }

    private static RegistryException Mismatch(RegistryRequest request, Digest actual) =>
        RegistryHttp.Failure(request, OciErrorKind.Corrupt, $"the registry answered with another manifest, {actual}");
}
