using System.Text;
using OciImages.Manifests;
using OciImages.Registry.Http;

namespace OciImages.Registry.Manifests;

/// <summary>The manifests of one repository. OCI distribution specification, "Pulling manifests".</summary>
internal sealed class ManifestOperations(RegistryHttp http, Repository repository) : IManifestOperations
{
    private const string DigestHeader = "Docker-Content-Digest";

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

    private Task<ManifestContent> GetAsync(ManifestName name, CancellationToken cancellationToken)
    {
        var request = RequestFor(HttpMethod.Get, name);
        return http.ExecuteAsync(request, (response, token) => ReadAsync(request, name, response, token), cancellationToken);
    }

    private RegistryRequest RequestFor(HttpMethod method, ManifestName name) =>
        repository.PullRequest(method, $"/v2/{repository.Name.Path}/manifests/{name.Text}", $"get manifest {name.Text} of") with { Accept = Accept };

    /// <summary>The descriptor that a head gives; null when it does not give all of it.</summary>
    private Descriptor? ReadHead(RegistryRequest request, ManifestName name, HttpResponseMessage response)
    {
        if (DigestOf(response) is not { } digest
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
        if (DigestOf(response) is { } stated && Digest.Compute(bytes, stated.Algorithm) != stated)
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

    // A digest of an unknown algorithm is as good as none: the content is hashed anyway.
    private static Digest? DigestOf(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues(DigestHeader, out var values) && Digest.TryParse(values.ToString(), out var digest)
            ? digest
            : null;

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
