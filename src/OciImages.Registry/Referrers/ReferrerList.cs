using System.Net;
using System.Runtime.CompilerServices;
using OciImages.Manifests;
using OciImages.Registry.Http;
using OciImages.Registry.Lists;

namespace OciImages.Registry.Referrers;

/// <summary>What refers to a manifest, as the registry lists it. OCI distribution specification, "Listing Referrers".</summary>
internal sealed class ReferrerList(RegistryHttp http, Repository repository)
{
    /// <summary>Lists the referrers.</summary>
    /// <param name="subject">The manifest.</param>
    /// <param name="artifactType">Only those of this type; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async IAsyncEnumerable<Descriptor> ReadAsync(
        Digest subject, string? artifactType, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var loop = new LoopGuard();
        string first = TargetFor(subject, artifactType);
        string? target = first;
        while (target is not null)
        {
            var request = RequestFor(target, subject);
            if (!loop.TryPass(target))
                throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "the registry's pages do not end");
            IReadOnlyList<Descriptor> page;
            if (await ReadPageAsync(request, cancellationToken).ConfigureAwait(false) is { } listed)
                (page, target) = listed;
            else if (!ReferenceEquals(target, first))
                throw RegistryHttp.Failure(request, OciErrorKind.Unavailable, "the registry does not know the next page that it named itself");
            else
                (page, target) = (await new ReferrerTag(http, repository.Manifests, subject).ReadAsync(cancellationToken).ConfigureAwait(false), null);
            foreach (var descriptor in page)
            {
                // A registry that filters says so in OCI-Filters-Applied; filtering once more does no harm, whether it says or not.
                if (artifactType is null || descriptor.ArtifactType == artifactType)
                    yield return descriptor;
            }
        }
    }

    /// <summary>Whether the registry lists referrers by itself.</summary>
    public async Task<bool> IsKnownAsync(Digest subject, CancellationToken cancellationToken) =>
        await ReadPageAsync(RequestFor(TargetFor(subject, null), subject), cancellationToken).ConfigureAwait(false) is not null;

    private string TargetFor(Digest subject, string? artifactType) => subject.IsEmpty
        ? throw new ArgumentException("The digest is empty.", nameof(subject))
        : $"/v2/{repository.Name.Path}/referrers/{subject}{(artifactType is null ? "" : $"?artifactType={Uri.EscapeDataString(artifactType)}")}";

    private RegistryRequest RequestFor(string target, Digest subject) =>
        repository.PullRequest(HttpMethod.Get, target, $"list what refers to {subject} in") with { Accept = MediaTypes.OciIndex };

    /// <returns>The page; null when the registry does not know what it is asked.</returns>
    private async Task<(IReadOnlyList<Descriptor> Referrers, string? Next)?> ReadPageAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.ExecuteAsync(request, async Task<(IReadOnlyList<Descriptor>, string?)?> (response, token) =>
            {
                // What is served for any path at all is no list.
                if (response.Content.Headers.ContentType?.MediaType is not MediaTypes.OciIndex)
                    return null;
                byte[] bytes = await ListPage.ReadAsync(http, request, response, token).ConfigureAwait(false);
                return (Parse(request, bytes), ListPage.NextTarget(request, response));
            }, cancellationToken).ConfigureAwait(false);
        }
        // Registries without this API say 404, or whatever they say to paths that they do not know.
        catch (RegistryException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
        {
            return null;
        }
    }

    private static IReadOnlyList<Descriptor> Parse(RegistryRequest request, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return ((ImageIndex)Manifest.Parse(new ManifestContent(MediaTypes.OciIndex, bytes))).Manifests;
        }
        catch (OciException e)
        {
            throw RegistryHttp.Failure(request, e.Kind, $"the registry's answer is no list: {e.Message.TrimEnd('.')}");
        }
    }
}
