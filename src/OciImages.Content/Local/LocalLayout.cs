using System.Security.Cryptography;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>
/// Where things are below the root: an OCI image layout (OCI image specification, "Image Layout") with our folders beside it. Nothing
/// is made until something is written.
/// </summary>
internal sealed class LocalLayout
{
    internal const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    internal const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    internal const UnixFileMode Shared = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    internal const string LeaseSuffix = ".json";
    internal const string LifeSuffix = ".lock";
    internal const UnixFileMode SharedFile = PrivateFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const string LockName = ".lock";

    private static readonly string[] Own = ["oci-layout", "index.json", "blobs", "ingest", "labels", "leases", "quarantine", LockName];

    private volatile bool _isKnown;
    private volatile bool _exists;

    internal LocalLayout(string root, LocalContentStoreOptions options)
    {
        Root = Path.GetFullPath(root);
        Blobs = Path.Combine(Root, "blobs");
        Ingests = Path.Combine(Root, "ingest");
        Labels = Path.Combine(Root, "labels");
        Leases = Path.Combine(Root, "leases");
        Quarantine = Path.Combine(Root, "quarantine");
        Index = Path.Combine(Root, "index.json");
        // By the system's clock: other processes do not wait for ours.
        RootLock = new StoreLock(Path.Combine(Root, LockName), options.LockTimeout, temporaries: Root);
        IngestLock = new StoreLock(Path.Combine(Ingests, LockName), options.LockTimeout);
        LabelLock = new StoreLock(Path.Combine(Labels, LockName), options.LockTimeout, temporaries: Labels);
        LeaseLock = new StoreLock(Path.Combine(Leases, LockName), options.LockTimeout, temporaries: Leases);
    }

    internal string Root { get; }

    internal string Blobs { get; }

    internal string Ingests { get; }

    internal string Labels { get; }

    internal string Leases { get; }

    internal string Quarantine { get; }

    internal string Index { get; }

    internal string Version => Path.Combine(Root, "oci-layout");

    /// <summary>Held while the layout is made and <c>index.json</c> changes.</summary>
    internal StoreLock RootLock { get; }

    /// <summary>Held while an ingest's folder is made or removed, so that nobody locks a file in a folder that is going.</summary>
    internal StoreLock IngestLock { get; }

    /// <summary>Held while labels change and content is deleted.</summary>
    internal StoreLock LabelLock { get; }

    /// <summary>Held while leases change; taken before <see cref="LabelLock"/> where both are.</summary>
    internal StoreLock LeaseLock { get; }

    internal string Blob(Digest digest) => Path.Combine(Blobs, digest.Algorithm.Name, digest.Hex);

    internal string LabelFile(Digest digest) => Path.Combine(Labels, digest.Algorithm.Name, digest.Hex);

    internal string LeaseFile(string id) => Path.Combine(Leases, id + LeaseSuffix);

    internal string LeaseLifeFile(string id) => Path.Combine(Leases, id + LifeSuffix);

    internal string Ingest(ReadOnlySpan<byte> utf8Id) => Path.Combine(Ingests, Convert.ToHexStringLower(SHA256.HashData(utf8Id)));

    /// <summary>Refuses a directory that is no store, or a store of a newer version. Looks at the disk until it is one.</summary>
    internal async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        if (_isKnown)
            return;
        if (await SideFile.ReadAsync(Version, LocalJson.Default.LayoutVersion, cancellationToken).ConfigureAwait(false) is { } version)
        {
            if (!version.ImageLayoutVersion.StartsWith("1.", StringComparison.Ordinal))
            {
                throw new StorageException(
                    OciErrorKind.Unsupported,
                    $"The store {Root} has the layout version \"{version.ImageLayoutVersion}\"; only versions 1.x are known.",
                    Version);
            }
            _isKnown = true;
        }
        else if (Foreign() is { } name)
        {
            throw new StorageException(
                OciErrorKind.InvalidInput, $"The directory {Root} is not a content store: it has no oci-layout, but has \"{name}\".", Root);
        }
    }

    /// <summary>Makes what is missing, durably, and takes each lock once, which sweeps what writers left when they were killed.</summary>
    internal async ValueTask EnsureAsync(Func<CancellationToken, ValueTask> sweepLeases, CancellationToken cancellationToken)
    {
        if (_exists)
            return;
        await CheckAsync(cancellationToken).ConfigureAwait(false);
        DurableDirectory.Create(Root, Private);
        using (await RootLock.AcquireAsync(cancellationToken).ConfigureAwait(false))
        {
            DurableDirectory.Create(Path.Combine(Blobs, DigestAlgorithm.Sha256.Name), Shared);
            foreach (string folder in (string[])[Ingests, Labels, Leases])
                DurableDirectory.Create(folder, Private);
            await WriteMissingAsync(cancellationToken).ConfigureAwait(false);
            // Whoever made the directories may have been killed before their names were on the disk.
            DurableFile.SyncDirectory(Blobs);
            DurableFile.SyncDirectory(Root);
        }
        using (await LeaseLock.AcquireAsync(cancellationToken).ConfigureAwait(false))
            await sweepLeases(cancellationToken).ConfigureAwait(false);
        (await LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false)).Dispose();
        using (await IngestLock.AcquireAsync(cancellationToken).ConfigureAwait(false))
            SweepIngests();
        _exists = true;
    }

    /// <summary>Writes the layout's own files where they are missing; the caller holds <see cref="RootLock"/>.</summary>
    internal async ValueTask WriteMissingAsync(CancellationToken cancellationToken)
    {
        await WriteMissingAsync(Version, """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await WriteMissingAsync(
            Index,
            """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"""u8.ToArray(),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Something in the root that no content store has; null when there is nothing.</summary>
    private string? Foreign()
    {
        if (File.Exists(Root))
            throw new StorageException(OciErrorKind.InvalidInput, $"The content store {Root} is not a directory.", Root);
        try
        {
            return Directory.EnumerateFileSystemEntries(Root)
                .Select(path => Path.GetFileName(path))
                .FirstOrDefault(name => !Own.Contains(name) && !name.StartsWith(".tmp-", StringComparison.Ordinal));
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "open the store", Root);
        }
    }

    // What has another name than an ingest is not ours.
    private void SweepIngests()
    {
        try
        {
            foreach (string folder in Directory.EnumerateDirectories(Ingests))
            {
                if (Digest.TryParse($"{DigestAlgorithm.Sha256.Name}:{Path.GetFileName(folder)}", out _))
                    LocalIngests.RemoveNameless(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StorageException)
        {
            // They are only in the way; the next start tries again.
        }
    }

    private static async ValueTask WriteMissingAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!DurableFile.Exists(path))
            await DurableFile.WriteAsync(path, content, SharedFile, cancellationToken).ConfigureAwait(false);
    }
}
