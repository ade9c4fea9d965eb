using System.Buffers;
using System.Runtime.CompilerServices;
using OciImages.Registry.Auth;
using OciImages.Registry.Blobs;
using OciImages.Registry.Http;
using OciImages.Registry.Http.Mirrors;
using OciImages.Registry.Lists;
using OciImages.Registry.Manifests;
using OciImages.Registry.Referrers;

namespace OciImages.Registry;

/// <summary>One repository of a registry. OCI distribution specification, "Pull" and "Content Discovery".</summary>
internal sealed class Repository : IRepository
{
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-/");

    private readonly RegistryHttp _http;
    private readonly RegistryDomain _domain;

    public Repository(RegistryHttp http, RepositoryName name)
    {
        // The path becomes part of URLs: nothing in it may mean something there.
        if (name.Path.Length == 0 || name.Path.AsSpan().ContainsAnyExcept(PathCharacters)
            || name.Path.Split('/').Any(part => part is "" or "." or ".."))
            throw new OciException(OciErrorKind.InvalidInput, $"\"{PlainText.Clean(name.Path, 100)}\" is not the path of a repository.");
        _http = http;
        _domain = RegistryDomain.Parse(name.Domain);
        Name = name;
        Manifests = new ManifestOperations(http, this);
        Blobs = new BlobOperations(http, this);
    }

    public RepositoryName Name { get; }

    public IManifestOperations Manifests { get; }

    public IBlobOperations Blobs { get; }

    /// <summary>What pushing needs.</summary>
    public IReadOnlyList<TokenScope> PushScopes => [TokenScope.Push(Name.Path)];

    /// <summary>What deleting needs.</summary>
    public IReadOnlyList<TokenScope> DeleteScopes => [TokenScope.Delete(Name.Path)];

    public async IAsyncEnumerable<string> ListTagsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = PullRequest(HttpMethod.Get, $"/v2/{Name.Path}/tags/list", "list the tags of") with { Accept = "application/json" };
        await foreach (string tag in new PagedList(_http, request, "tags", "tags").ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (ManifestName.IsTag(tag))
                yield return tag;
            else
                RegistryLog.BadTag(_http.Logger, _domain.Name, Name.Path, PlainText.Clean(tag, 150));
        }
    }

    public IAsyncEnumerable<Descriptor> ListReferrersAsync(Digest subject, string? artifactType = null, CancellationToken cancellationToken = default) =>
        new ReferrerList(_http, this).ReadAsync(subject, artifactType, cancellationToken);

    /// <summary>A request about this repository that needs the right to pull.</summary>
    public RegistryRequest PullRequest(HttpMethod method, string target, string action) => new(method, _domain, target)
    {
        Repository = Name.Path,
        Action = action,
        Scopes = [TokenScope.Pull(Name.Path)],
        MirrorUse = MirrorUseOf(method, target),
        Trail = new MirrorTrail(),
    };

    // Mirrors only read. Whether the registry has a blob is asked before pushing, what tags it has is its own matter, and the list of what
    // refers to a manifest (the tags sha256-… and sha512-…) is read to be changed: no mirror can tell.
    private static RegistryMirrorCapabilities MirrorUseOf(HttpMethod method, string target)
    {
        bool isRead = method == HttpMethod.Get || method == HttpMethod.Head;
        string name = target[(target.LastIndexOf('/') + 1)..];
        bool isByDigest = name.Contains(':', StringComparison.Ordinal);
        if (isRead && target.Contains("/manifests/", StringComparison.Ordinal))
        {
            bool isReferrerList = name.StartsWith("sha256-", StringComparison.Ordinal) || name.StartsWith("sha512-", StringComparison.Ordinal);
            return isByDigest ? RegistryMirrorCapabilities.Pull : isReferrerList ? RegistryMirrorCapabilities.None : RegistryMirrorCapabilities.Resolve;
        }
        bool isBlob = method == HttpMethod.Get && isByDigest && target.Contains("/blobs/", StringComparison.Ordinal);
        return isBlob ? RegistryMirrorCapabilities.Pull : RegistryMirrorCapabilities.None;
    }
}
