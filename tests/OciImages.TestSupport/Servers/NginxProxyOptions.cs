using System.Security.Cryptography.X509Certificates;

namespace OciImages.TestSupport.Servers;

/// <summary>What an <see cref="NginxProxy"/> does to the blobs that pass through it.</summary>
public sealed record NginxProxyOptions
{
    /// <summary>Redirects blobs (307) to this root URL, with the same path; null to serve them.</summary>
    public string? RedirectBlobsTo { get; init; }

    /// <summary>How fast a blob may pass, such as <c>200k</c>; null for no limit.</summary>
    public string? LimitRate { get; init; }

    /// <summary>TLS with this certificate, of which the registry behind is told nothing; null for plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whose certificates clients must have; null for nobody's. Needs <see cref="Certificate"/>.</summary>
    public X509Certificate2? ClientAuthority { get; init; }

    /// <summary>Whether range requests get the whole blob.</summary>
    public bool IgnoresRanges { get; init; }

    /// <summary>The percentage of requests that get 503 with <c>Retry-After: 0</c>.</summary>
    public int UnavailablePercent { get; init; }

    /// <summary>The percentage of requests whose connection is closed without an answer.</summary>
    public int DroppedPercent { get; init; }
}
