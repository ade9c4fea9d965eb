using OciImages.Manifests;
using OciImages.Registry.Blobs;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>How a <see cref="RegistryClient"/> behaves. The client copies it when it is made; later changes have no effect.</summary>
public sealed class RegistryClientOptions
{
    /// <summary>Where credentials come from; asked once per registry and token, by the registry's domain.</summary>
    /// <value>Null: every request is anonymous.</value>
    public IRegistryCredentialSource? Credentials { get; set; }

    /// <summary>
    /// Hosts that may be spoken to over plain HTTP: <c>host:port</c>, <c>host</c> for all its ports, or a network such as
    /// <c>10.0.0.0/8</c> for literal addresses. HTTPS is still tried first, and the certificate is not verified there. Loopback hosts
    /// need not be named for plain HTTP; their certificates are verified unless they are.
    /// </summary>
    /// <value>Empty.</value>
    public IList<string> InsecureRegistries { get; private set; } = [];

    /// <summary>
    /// Hosts at private, link-local or loopback addresses to which a public registry may redirect or delegate its tokens, written
    /// as in <see cref="InsecureRegistries"/>. Without an entry that is refused: a registry must not make its client ask others' metadata services.
    /// </summary>
    /// <value>Empty.</value>
    public IList<string> TrustedHosts { get; private set; } = [];

    /// <summary>
    /// Mirrors in the order in which they are tried. A registry with mirrors of its own does not use those for
    /// <see cref="RegistryMirror.AnyRegistry"/>. Layers that come from a mirror are hashed once more on their way, to know which mirror
    /// served wrong content.
    /// </summary>
    /// <value>Empty.</value>
    public IList<RegistryMirror> Mirrors { get; private set; } = [];

    /// <summary>After how many failures in a row a mirror is set aside. At least 1.</summary>
    /// <value>2.</value>
    public int MirrorFailureThreshold { get; set; } = 2;

    /// <summary>
    /// How long a mirror that keeps failing is set aside; more than zero. A mirror that asks for a longer rest by <c>Retry-After</c> gets
    /// it, and one that served wrong content rests for an hour.
    /// </summary>
    /// <value>1 minute.</value>
    public TimeSpan MirrorSetAsideTime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Further headers of every request to a registry or a mirror, never of those to token services and other places that these name
    /// (Docker's <c>HttpHeaders</c>: <see cref="DockerConfigCredentialSource.ReadHeadersAsync"/>). Those that authorize, frame or
    /// address a request are the client's own and are refused.
    /// </summary>
    /// <value>Empty.</value>
    public IDictionary<string, string> Headers { get; private set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Directories in Docker's <c>certs.d</c> layout, the most important first. The first one that holds a directory named as a host is,
    /// <c>HOST</c> or <c>HOST:PORT</c>, rules the TLS of that host: its <c>*.crt</c> are trusted authorities beside the system's, and its
    /// <c>*.cert</c> are the client's certificates, with the key in the <c>*.key</c> of the same name: of several the first one is shown
    /// that is signed by an authority which the host names. Not used when the host of this library brings its own handler.
    /// </summary>
    /// <value>Empty. Docker's own is <c>/etc/docker/certs.d</c>.</value>
    public IList<string> CertificateDirectories { get; private set; } = [];

    /// <summary>How often a request is tried in all; for a blob, how often while less than 256 KiB of progress is made. At least 1.</summary>
    /// <value>5.</value>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>The upper bound of the random wait before the second try; it doubles with each further one. More than zero.</summary>
    /// <value>500 milliseconds.</value>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Where that doubling stops. At least <see cref="RetryBaseDelay"/>.</summary>
    /// <value>15 seconds.</value>
    public TimeSpan RetryMaxDelay { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The longest wait that a registry may ask for by <c>Retry-After</c>. When it asks for more the request fails at once, with the
    /// wait in <see cref="RegistryException.RetryAfter"/>: asking earlier than told would only be refused again.
    /// </summary>
    /// <value>2 minutes.</value>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a connection may bring no byte, or take none of the next 16 KiB, before the attempt counts as failed. There is no limit on a whole
    /// transfer.
    /// </summary>
    /// <value>30 seconds.</value>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The fewest bytes that a connection must bring in a minute of waiting for it; with fewer the attempt counts as failed, so that nobody holds a
    /// client for ever by a byte now and then. The time that the reader takes does not count. Not negative; 0 for no such limit.
    /// </summary>
    /// <value>8 KiB: less than a twentieth of what a modem brings, so that many connections may share one.</value>
    public int MinBytesPerMinute { get; set; } = 8 * 1024;

    /// <summary>The clock of waits, time-outs and token lifetimes.</summary>
    /// <value><see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The <c>User-Agent</c> of every request; ASCII without control characters.</summary>
    /// <value><c>oci-images</c>.</value>
    public string UserAgent { get; set; } = "oci-images";

    /// <summary>How many connections to one host may be open at once. Not used when the host of this library brings its own handler.</summary>
    /// <value>16.</value>
    public int MaxConnectionsPerHost { get; set; } = 16;

    /// <summary>
    /// How many connections may read one large blob side by side, each a range of it, when a single one brings it slowly: servers often limit the
    /// rate of a connection. A registry that does not serve ranges as it should is not asked for them again. 1 to 16; 1 never does so.
    /// A blob read so takes 4 MiB of memory per connection and 8 MiB more, whatever its size.
    /// </summary>
    /// <value>4.</value>
    public int MaxRangesPerBlob { get; set; } = 4;

    /// <summary>The most redirects followed for one request; 0 follows none.</summary>
    /// <value>10.</value>
    public int MaxRedirects { get; set; } = 10;

    /// <summary>The most bytes of a manifest; 1 to <see cref="ManifestContent.MaxSize"/>.</summary>
    /// <value>4 MiB.</value>
    public int MaxManifestSize { get; set; } = ManifestContent.MaxSize;

    /// <summary>The most bytes of one page of a tag list.</summary>
    /// <value>16 MiB.</value>
    public int MaxListPageSize { get; set; } = 16 * 1024 * 1024;

    /// <summary>The most bytes that are read of an error's body; what comes after is ignored.</summary>
    /// <value>64 KiB.</value>
    public int MaxErrorBodySize { get; set; } = 64 * 1024;

    /// <summary>The most bytes of a token service's answer.</summary>
    /// <value>256 KiB.</value>
    public int MaxTokenSize { get; set; } = 256 * 1024;

    /// <summary>Gets refresh tokens, which token services are then asked for; null for not asking.</summary>
    internal Action<string>? RefreshTokenReceived { get; set; }

    /// <summary>When a blob is read by ranges.</summary>
    internal RangePolicy RangePolicy { get; set; } = new();

    /// <summary>Checks the values and copies them, so that a running client cannot be changed under its requests.</summary>
    internal RegistryClientOptions Freeze()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryBaseDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryMaxDelay, RetryBaseDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RetryMaxDelay, TimeSpan.FromDays(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryAfter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRetryAfter, TimeSpan.FromDays(1));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IdleTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(IdleTimeout, TimeSpan.FromDays(1));
        ArgumentOutOfRangeException.ThrowIfNegative(MinBytesPerMinute);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnectionsPerHost, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRangesPerBlob, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRangesPerBlob, 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRedirects, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxManifestSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxManifestSize, ManifestContent.MaxSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxListPageSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxErrorBodySize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokenSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MirrorFailureThreshold, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MirrorSetAsideTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MirrorSetAsideTime, TimeSpan.FromDays(1));
        ArgumentException.ThrowIfNullOrWhiteSpace(UserAgent);
        if (UserAgent.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ArgumentException("A user agent is ASCII without control characters.", nameof(UserAgent));

        var copy = (RegistryClientOptions)MemberwiseClone();
        copy.InsecureRegistries = [.. InsecureRegistries];
        copy.TrustedHosts = [.. TrustedHosts];
        copy.Mirrors = [.. Mirrors];
        copy.CertificateDirectories = [.. CertificateDirectories];
        copy.Headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in Headers)
        {
            if (!ExtraHeaders.Allows(name, value))
                throw new ArgumentException($"The header \"{PlainText.Clean(name, 100)}\" cannot be added to every request.");
            copy.Headers.Add(name, value);
        }
        return copy;
    }
}
