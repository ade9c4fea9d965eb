using OciImages.Manifests;
using OciImages.Registry.Http;

namespace OciImages.Registry.Referrers;

/// <summary>
/// The list of what refers to a manifest where the registry keeps none: an index under the tag <c>sha256-…</c>, kept by clients. OCI distribution
/// specification, "Referrers Tag Schema".
/// </summary>
/// <remarks>
/// Registries offer no way to change a tag only if nobody else has. Within one client changes come one after the other; after each the list is read
/// again, and changed again when another client's change undid it meanwhile.
/// </remarks>
internal sealed class ReferrerTag(RegistryHttp http, IManifestOperations manifests, Digest subject)
{
    private const int MaxTries = 5;
    private const int MaxHexLength = 64;

    private readonly string _tag = $"{subject.Algorithm.Name}-{subject.Hex[..Math.Min(subject.Hex.Length, MaxHexLength)]}";

    /// <summary>Reads the list; empty when there is none.</summary>
    public async Task<IReadOnlyList<Descriptor>> ReadAsync(CancellationToken cancellationToken) =>
        // An image that happens to have such a tag is no list.
        await FindAsync(cancellationToken).ConfigureAwait(false) is ImageIndex index ? index.Manifests : [];

    /// <summary>Puts a referrer on the list.</summary>
    public Task AddAsync(Descriptor referrer, CancellationToken cancellationToken) =>
        ChangeAsync(list => list.Any(referrer.HasSameContent) ? list : [.. list, referrer], cancellationToken);

    /// <summary>Takes a referrer off the list.</summary>
    public Task RemoveAsync(Digest referrer, CancellationToken cancellationToken) =>
        ChangeAsync(list => list.Any(one => one.Digest == referrer) ? [.. list.Where(one => one.Digest != referrer)] : list, cancellationToken);

    private async Task<Manifest?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Manifest.Parse(await manifests.GetAsync(_tag, cancellationToken).ConfigureAwait(false));
        }
        catch (RegistryException e) when (e.Kind == OciErrorKind.NotFound)
        {
            return null;
        }
    }

    private async Task ChangeAsync(Func<IReadOnlyList<Descriptor>, IReadOnlyList<Descriptor>> change, CancellationToken cancellationToken)
    {
        await http.ReferrerTags.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (int i = 0; i < MaxTries; i++)
            {
                var list = await FindAsync(cancellationToken).ConfigureAwait(false) switch
                {
                    null => [],
                    ImageIndex index => index.Manifests,
                    _ => throw new RegistryException(
                        OciErrorKind.Conflict, $"The tag {_tag}, which is for the list of what refers to {subject}, is an image; it stays as it is."),
                };
                var changed = change(list);
                if (ReferenceEquals(changed, list))
                    return;
                await manifests.PutAsync(_tag, ImageIndex.Create(changed).Content, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            http.ReferrerTags.Release();
        }
        throw new RegistryException(OciErrorKind.Conflict, $"Others keep changing the list of what refers to {subject} under the tag {_tag}.");
    }
}
