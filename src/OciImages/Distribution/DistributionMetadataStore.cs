using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.IO;

namespace OciImages.Distribution;

/// <summary>
/// Which blob is which layer, and where it has been seen, in Docker's folder <c>distribution</c>: a pull need not fetch, and a push not
/// send, what is known. Several processes may use it at once.
/// </summary>
/// <remarks>
/// <c>diffid-by-digest/&lt;algorithm&gt;/&lt;hex&gt;</c> is a DiffID; <c>v2metadata-by-diffid/&lt;algorithm&gt;/&lt;hex&gt;</c> is a JSON array
/// of <c>{"Digest","SourceRepository","HMAC"}</c>, oldest first. It is a hint that may be lost or wrong: a damaged file is told to the log,
/// counts as missing and is replaced at the next addition.
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class DistributionMetadataStore
{
    /// <summary>How many sources of a layer are kept; the oldest go.</summary>
    public const int MaxSources = 50;

    private const int MaxFileLength = 1 << 20;

    private const UnixFileMode RootMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode DirectoryMode = RootMode | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode FileMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);
    private static readonly DistributionJson Json = new(new JsonSerializerOptions { Encoder = GoJsonEncoder.Instance });

    private readonly StoreLock _lock;
    private readonly ILogger _logger;

    /// <summary>Makes a store; the disk is not touched before the first call.</summary>
    /// <param name="root">The folder, such as <c>/var/lib/docker/image/overlay2/distribution</c>.</param>
    /// <param name="logger">Where damage is told; null for nowhere.</param>
    public DistributionMetadataStore(string root, ILogger<DistributionMetadataStore>? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        Root = Path.GetFullPath(root);
        _lock = new StoreLock(Path.Combine(Root, ".lock"), LockTimeout, temporaries: Root);
        _logger = logger ?? NullLogger<DistributionMetadataStore>.Instance;
    }

    /// <summary>The full path of the folder.</summary>
    public string Root { get; }

    /// <summary>Notes that a blob is a layer and was pulled from a repository. A source that is known becomes the newest.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="blob">The blob, usually compressed.</param>
    /// <param name="source">The repository.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public ValueTask AddAsync(DiffId layer, Digest blob, RepositoryName source, CancellationToken cancellationToken = default) =>
        AddAsync(layer, new BlobSource(blob, source, ""), cancellationToken);

    /// <summary>Notes that a blob is a layer and is in a repository. A source that is known becomes the newest.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="source">The blob, usually compressed, and where it is; after a push with Docker's mark.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public async ValueTask AddAsync(DiffId layer, BlobSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(source.Repository);
        ArgumentNullException.ThrowIfNull(source.Hmac);
        var blob = source.Digest;
        CheckDigest(layer.Value);
        CheckDigest(blob);
        DurableDirectory.Create(Root, RootMode);
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var added = new BlobSourceRecord(blob.ToString(), source.Repository.ToString(), source.Hmac);
        var records = await ReadSourcesAsync(layer, cancellationToken).ConfigureAwait(false);
        if (records.Count == 0 || records[^1] != added)
        {
            records.RemoveAll(record => record == added);
            records.Add(added);
            records.RemoveRange(0, Math.Max(0, records.Count - MaxSources));
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(records, Json.ListBlobSourceRecord);
            await WriteAsync(SourcesFile(layer), json, cancellationToken).ConfigureAwait(false);
        }
        if (await FindDiffIdAsync(blob, cancellationToken).ConfigureAwait(false) != layer)
            await WriteAsync(DiffIdFile(blob), Encoding.ASCII.GetBytes(layer.ToString()), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds the layer that a blob is.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The layer, or null when it is not known.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public async ValueTask<DiffId?> FindDiffIdAsync(Digest blob, CancellationToken cancellationToken = default)
    {
        CheckDigest(blob);
        string path = DiffIdFile(blob);
        if (await ReadAsync(path, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return null;
        if (Digest.TryParse(Encoding.UTF8.GetString(bytes).Trim(), out var digest))
            return new DiffId(digest);
        _logger.DamagedFile(null, path);
        return null;
    }

    /// <summary>Lists the blobs that a layer has been seen as.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The sources, oldest first, at most <see cref="MaxSources"/>; empty when none is known.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public async ValueTask<IReadOnlyList<BlobSource>> ListSourcesAsync(DiffId layer, CancellationToken cancellationToken = default)
    {
        CheckDigest(layer.Value);
        var sources = new List<BlobSource>();
        foreach (var record in await ReadSourcesAsync(layer, cancellationToken).ConfigureAwait(false))
        {
            // Docker once wrote entries of no repository, too.
            if (Digest.TryParse(record.Digest, out var blob) && RepositoryName.TryParse(record.SourceRepository, out var repository))
                sources.Add(new BlobSource(blob, repository, record.Hmac));
        }
        return sources;
    }

    private static void CheckDigest(Digest digest)
    {
        if (digest.IsEmpty)
            throw new ArgumentException("The digest is empty.", nameof(digest));
    }

    private string DiffIdFile(Digest blob) => Path.Combine(Root, "diffid-by-digest", blob.Algorithm.Name, blob.Hex);

    private string SourcesFile(DiffId layer) =>
        Path.Combine(Root, "v2metadata-by-diffid", layer.Value.Algorithm.Name, layer.Value.Hex);

    private async ValueTask<List<BlobSourceRecord>> ReadSourcesAsync(DiffId layer, CancellationToken cancellationToken)
    {
        string path = SourcesFile(layer);
        if (await ReadAsync(path, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return [];
        try
        {
            var records = JsonSerializer.Deserialize(bytes, Json.ListBlobSourceRecord) ?? [];
            records.RemoveAll(record => record is not { Digest: not null, SourceRepository: not null, Hmac: not null });
            return records;
        }
        catch (JsonException e)
        {
            _logger.DamagedFile(e, path);
            return [];
        }
    }

    private async ValueTask<byte[]?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (!DurableFile.Exists(path))
                return null;
            var file = new FileInfo(path);
            if (file.Length <= MaxFileLength)
                return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            _logger.DamagedFile(null, path);
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the file", path);
        }
    }

    private ValueTask WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        DurableDirectory.Create(Path.GetDirectoryName(path)!, DirectoryMode);
        return DurableFile.WriteAsync(path, content, FileMode, Root, cancellationToken);
    }
}
