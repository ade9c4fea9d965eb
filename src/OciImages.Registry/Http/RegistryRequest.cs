using System.Net;
using System.Net.Http.Headers;
using OciImages.Registry.Auth;
using OciImages.Registry.Http.Mirrors;

namespace OciImages.Registry.Http;

/// <summary>What to ask of a registry. Immutable: a message is made of it for each attempt and each redirect.</summary>
/// <param name="Method">The method; what it asks for may be repeated.</param>
/// <param name="Domain">The registry.</param>
/// <param name="Target">Path and query, from <c>/v2/</c> on.</param>
internal sealed record RegistryRequest(HttpMethod Method, RegistryDomain Domain, string Target)
{
    /// <summary>Set on messages that must not share a connection with others.</summary>
    public static readonly HttpRequestOptionsKey<bool> OwnConnection = new("OciImages.OwnConnection");

    /// <summary>The repository, for messages; null for requests about none.</summary>
    public string? Repository { get; init; }

    /// <summary>What is being done, between "Cannot" and the repository, such as <c>get manifest latest of</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The rights that a token must give, the most important first.</summary>
    public IReadOnlyList<TokenScope> Scopes { get; init; } = [];

    /// <summary>The <c>Accept</c> header.</summary>
    public string? Accept { get; init; }

    /// <summary>The bytes wanted, first and last; null for all.</summary>
    public (long First, long Last)? Range { get; init; }

    /// <summary>A status beyond 2xx that the caller handles itself.</summary>
    public HttpStatusCode? AlsoAccepted { get; init; }

    /// <summary>A place outside the registry to send to instead, never with credentials; null for the registry.</summary>
    public Uri? ForeignUrl { get; init; }

    /// <summary>Where to send to instead of the registry and its mirrors, without credentials; null to ask these.</summary>
    public RedirectTarget? Storage { get; init; }

    /// <summary>What a mirror must be able to do to answer instead of the registry; nothing when only the registry can.</summary>
    public RegistryMirrorCapabilities MirrorUse { get; init; }

    /// <summary>Where the operation has been that this request belongs to; null for one that goes to the registry only.</summary>
    public MirrorTrail? Trail { get; init; }

    /// <summary>Where the registry said to go on, instead of <see cref="Target"/>; gets credentials only at the registry's own origin.</summary>
    public Uri? Location { get; init; }

    /// <summary>Makes the body for one message; null for none.</summary>
    public Func<HttpContent>? CreateContent { get; init; }

    /// <summary>Whether the body is sent only when the other side has seen the head and wants it (<c>Expect: 100-continue</c>).</summary>
    public bool AsksFirst { get; init; }

    /// <summary>Whether this is one of several ranges that are read side by side: each needs a connection of its own.</summary>
    public bool IsOneOfSeveral { get; init; }

    /// <summary>Registry and repository, as messages name them.</summary>
    public string Place => Repository is null ? Domain.Name : $"{Domain.Name}/{Repository}";

    public HttpRequestMessage CreateMessage(Uri url)
    {
        var message = new HttpRequestMessage(Method, url);
        if (Accept is not null)
            message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (Range is { } range)
            message.Headers.Range = new RangeHeaderValue(range.First, range.Last);
        message.Content = CreateContent?.Invoke();
        if (AsksFirst)
            message.Headers.ExpectContinue = true;
        if (IsOneOfSeveral)
            message.Options.Set(OwnConnection, true);
        return message;
    }
}
