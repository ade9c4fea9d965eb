using OciImages.Content;
using OciImages.Manifests;
using OciImages.RegistryServer.Auth;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>What an <see cref="OciRegistry"/> serves, and how.</summary>
public sealed class OciRegistryOptions
{
    /// <summary>
    /// The directory of a registry of its own: content in <c>content/</c> (an OCI image layout), the index beside it. Used for what
    /// <see cref="Content"/> and <see cref="Index"/> leave out.
    /// </summary>
    /// <value>Default: null. Without it both must be given.</value>
    public string? Root { get; set; }

    /// <summary>
    /// Where bytes are. What is only an <see cref="IContentReader"/> makes the registry read-only. It should be the registry's alone:
    /// <see cref="OciRegistry.CollectGarbageAsync"/> deletes what the index does not name.
    /// </summary>
    /// <value>Default: null, for a local store in <see cref="Root"/>.</value>
    public IContentReader? Content { get; set; }

    /// <summary>What the registry has. What is only an <see cref="IRegistryIndexReader"/> makes the registry read-only.</summary>
    /// <value>Default: null, for files in <see cref="Root"/>.</value>
    public IRegistryIndexReader? Index { get; set; }

    /// <summary>Whether everything that changes something is refused (405).</summary>
    /// <value>Default: false.</value>
    public bool IsReadOnly { get; set; }

    /// <summary>Whether tags, manifests and blobs may be deleted.</summary>
    /// <value>Default: true.</value>
    public bool IsDeletionEnabled { get; set; } = true;

    /// <summary>
    /// Whether a manifest is taken whose blobs or manifests are not there, as a multi-platform index of which one platform was copied.
    /// A missing subject is always allowed.
    /// </summary>
    /// <value>Default: false: 400, <c>MANIFEST_BLOB_UNKNOWN</c>.</value>
    public bool AllowSparseManifests { get; set; }

    /// <summary>Whether a blob may be mounted without naming a repository to take it from. It tells whoever may push what others have.</summary>
    /// <value>Default: null: allowed as long as there is no <see cref="Authorizer"/>.</value>
    public bool? AllowAnonymousMount { get; set; }

    /// <summary>Decides who may do what; null leaves that to the host's pipeline.</summary>
    /// <value>Default: null.</value>
    public IRegistryAuthorizer? Authorizer { get; set; }

    /// <summary>
    /// A registry to fetch from what is asked for and not here. The content store and the index must be writable; clients may change nothing,
    /// because what they put would pass for the upstream's.
    /// </summary>
    /// <value>Default: null.</value>
    public IUpstreamSource? Upstream { get; set; }

    /// <summary>How long a tag from upstream is served before the upstream is asked again; zero asks each time.</summary>
    /// <value>Default: 1 minute.</value>
    public TimeSpan UpstreamTagLifetime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The most bytes of a manifest; 1 to <see cref="ManifestContent.MaxSize"/>.</summary>
    /// <value>Default: 4 MiB.</value>
    public int MaxManifestSize { get; set; } = ManifestContent.MaxSize;

    /// <summary>The most bytes of a blob; null for no limit.</summary>
    /// <value>Default: null.</value>
    public long? MaxBlobSize { get; set; }

    /// <summary>The most characters of a repository's name; 1 to 255.</summary>
    /// <value>Default: 255.</value>
    public int MaxRepositoryNameLength { get; set; } = 255;

    /// <summary>The most entries of one page of tags or repositories, also when a request asks for more; more than zero.</summary>
    /// <value>Default: 1000.</value>
    public int PageSize { get; set; } = 1000;

    /// <summary>The smallest chunk that clients are asked to send (<c>OCI-Chunk-Min-Length</c>), in bytes; zero for any. Smaller ones are taken.</summary>
    /// <value>Default: 0.</value>
    public long MinChunkLength { get; set; }

    /// <summary>How long an upload that nobody goes on with is kept; more than zero.</summary>
    /// <value>Default: 24 hours.</value>
    public TimeSpan UploadExpiry { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long an upload stays open between two requests. Opening it anew reads all that it has; an open one cannot be gone on with
    /// through another process: zero suits several processes behind one address.
    /// </summary>
    /// <value>Default: 1 minute.</value>
    public TimeSpan UploadIdleTime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The most uploads that may be under way in this process (429 beyond it); more than zero.</summary>
    /// <value>Default: 1000.</value>
    public int MaxUploads { get; set; } = 1000;

    /// <summary>The clock for the expiry of uploads and of upstream tags.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal OciRegistryOptions Freeze()
    {
        Range(MaxManifestSize is > 0 and <= ManifestContent.MaxSize, nameof(MaxManifestSize));
        Range(MaxBlobSize is null or > 0, nameof(MaxBlobSize));
        Range(MaxRepositoryNameLength is > 0 and <= RegistryNames.MaxRepositoryLength, nameof(MaxRepositoryNameLength));
        Range(PageSize > 0, nameof(PageSize));
        Range(MinChunkLength >= 0, nameof(MinChunkLength));
        Range(UploadExpiry > TimeSpan.Zero, nameof(UploadExpiry));
        Range(UploadIdleTime >= TimeSpan.Zero, nameof(UploadIdleTime));
        Range(UpstreamTagLifetime >= TimeSpan.Zero, nameof(UpstreamTagLifetime));
        Range(MaxUploads > 0, nameof(MaxUploads));
        ArgumentNullException.ThrowIfNull(TimeProvider);
        if (Root is null && (Content is null || Index is null))
            throw new ArgumentException($"Either {nameof(Root)}, or both {nameof(Content)} and {nameof(Index)} must be given.");
        return (OciRegistryOptions)MemberwiseClone();
    }

    private static void Range(bool isInside, string name)
    {
        if (!isInside)
            throw new ArgumentException("It is out of its range.", name);
    }
}
