using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OciImages.Registry.Auth;
using OciImages.Registry.Blobs;
using OciImages.Registry.Http;
using OciImages.Registry.Http.Mirrors;
using OciImages.Registry.Manifests;

namespace OciImages.Registry;

/// <summary>One repository of a registry. OCI distribution specification, "Pull" and "Content Discovery".</summary>
internal sealed class Repository : IRepository
{
    private const int MaxPages = 10_000;

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

    public async IAsyncEnumerable<string> ListTagsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? target = $"/v2/{Name.Path}/tags/list";
        while (target is not null)
        {
            var request = PullRequest(HttpMethod.Get, target, "list the tags of") with { Accept = "application/json" };
            if (!seen.Add(target) || seen.Count > MaxPages)
                throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "the registry's pages do not end");
            var (tags, next) = await _http.ExecuteAsync(request, (response, token) => ReadPageAsync(request, response, token), cancellationToken)
                .ConfigureAwait(false);
            foreach (string tag in tags)
            {
                if (ManifestName.IsTag(tag))
                    yield return tag;
                else
                    RegistryLog.BadTag(_http.Logger, _domain.Name, Name.Path, PlainText.Clean(tag, 150));
            }
            target = next;
        }
    }

    /// <summary>A request about this repository that needs the right to pull.</summary>
    public RegistryRequest PullRequest(HttpMethod method, string target, string action) => new(method, _domain, target)
    {
        Repository = Name.Path,
        Action = action,
        Scopes = [TokenScope.Pull(Name.Path)],
        MirrorUse = MirrorUseOf(method, target),
        Trail = new MirrorTrail(),
    };

    // Whether the registry has a blob is asked before pushing, what tags it has is its own matter, and a tag that lists referrers is read
    // in order to be written: mirrors cannot tell.
    private static RegistryMirrorCapabilities MirrorUseOf(HttpMethod method, string target)
    {
        string[] parts = target.Split('/');
        bool isByDigest = parts[^1].Contains(':', StringComparison.Ordinal);
        return parts[^2] switch
        {
            "blobs" when method == HttpMethod.Get && isByDigest => RegistryMirrorCapabilities.Pull,
            "manifests" when isByDigest => RegistryMirrorCapabilities.Pull,
            "manifests" when !IsReferrersTag(parts[^1]) => RegistryMirrorCapabilities.Resolve,
            _ => RegistryMirrorCapabilities.None,
        };
    }

    // OCI distribution specification, "Referrers Tag Schema": a digest with a hyphen for its colon.
    private static bool IsReferrersTag(string tag) =>
        tag.IndexOf('-', StringComparison.Ordinal) is > 0 and var hyphen && Digest.TryParse($"{tag[..hyphen]}:{tag[(hyphen + 1)..]}", out _);

    private async Task<(List<string> Tags, string? Next)> ReadPageAsync(
        RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var body = await _http.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        var (bytes, isMore) = await body.ReadUpToAsync(_http.Options.MaxListPageSize, cancellationToken).ConfigureAwait(false);
        if (isMore)
            throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, $"one page is larger than {_http.Options.MaxListPageSize} bytes");
        return (ReadTags(request, bytes), NextTarget(request, response));
    }

    private static List<string> ReadTags(RegistryRequest request, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                // null, or nothing at all, is what a repository without tags has.
                if (!document.RootElement.TryGetProperty("tags", out var tags) || tags.ValueKind == JsonValueKind.Null)
                    return [];
                if (tags.ValueKind == JsonValueKind.Array && tags.EnumerateArray().All(tag => tag.ValueKind == JsonValueKind.String))
                    return [.. tags.EnumerateArray().Select(tag => tag.GetString()!)];
            }
        }
        catch (JsonException)
        {
        }
        throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "the registry's answer is not a list of tags");
    }

    private static string? NextTarget(RegistryRequest request, HttpResponseMessage response)
    {
        if (LinkHeader.Next(response) is not { } next)
            return null;
        var page = response.RequestMessage!.RequestUri!;
        if (!Uri.TryCreate(page, next, out var url) || !Origin.AreSame(page, url) || !url.AbsolutePath.StartsWith("/v2/", StringComparison.Ordinal))
            throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "the registry's next page is not at the registry");
        return url.PathAndQuery;
    }
}
