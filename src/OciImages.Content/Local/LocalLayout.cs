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

    private const UnixFileMode SharedFile = PrivateFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const string LockName = ".lock";

    private volatile bool _exists;

    internal LocalLayout(string root, LocalContentStoreOptions options)
    {
        Root = Path.GetFullPath(root);
        Blobs = Path.Combine(Root, "blobs");
        Ingests = Path.Combine(Root, "ingest");
        Labels = Path.Combine(Root, "labels");
        Leases = Path.Combine(Root, "leases");
        // By the system's clock: other processes do not wait for ours.
        IngestLock = new StoreLock(Path.Combine(Ingests, LockName), options.LockTimeout);
        LabelLock = new StoreLock(Path.Combine(Labels, LockName), options.LockTimeout);
        LeaseLock = new StoreLock(Path.Combine(Leases, LockName), options.LockTimeout);
    }

    internal string Root { get; }

    internal string Blobs { get; }

    internal string Ingests { get; }

    internal string Labels { get; }

    internal string Leases { get; }

    /// <summary>Held while an ingest's folder is made or removed, so that nobody locks a file in a folder that is going.</summary>
    internal StoreLock IngestLock { get; }

    /// <summary>Held while labels change and content is deleted.</summary>
    internal StoreLock LabelLock { get; }

    /// <summary>Held while leases change.</summary>
    internal StoreLock LeaseLock { get; }

    internal string Blob(Digest digest) => Path.Combine(Blobs, digest.Algorithm.Name, digest.Hex);

    internal string LabelFile(Digest digest) => Path.Combine(Labels, digest.Algorithm.Name, digest.Hex);

    internal string LeaseFile(string id) => Path.Combine(Leases, id + ".json");

    internal string Ingest(ReadOnlySpan<byte> utf8Id) => Path.Combine(Ingests, Convert.ToHexStringLower(SHA256.HashData(utf8Id)));

    /// <summary>Makes what is missing, durably, and sweeps what writers of small files left when they were killed.</summary>
    internal async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        if (_exists)
            return;
        DurableDirectory.Create(Root, Private);
        DurableDirectory.Create(Ingests, Private);
        using (await IngestLock.AcquireAsync(cancellationToken).ConfigureAwait(false))
        {
            DurableDirectory.Create(Path.Combine(Blobs, DigestAlgorithm.Sha256.Name), Shared);
            DurableDirectory.Create(Labels, Private);
            DurableDirectory.Create(Leases, Private);
            await WriteMissingAsync("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), cancellationToken).ConfigureAwait(false);
            await WriteMissingAsync(
                "index.json",
                """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"""u8.ToArray(),
                cancellationToken).ConfigureAwait(false);
            // Whoever made the directories may have been killed before their names were on the disk.
            DurableFile.SyncDirectory(Blobs);
            DurableFile.SyncDirectory(Root);
        }
        using (await LeaseLock.AcquireAsync(cancellationToken).ConfigureAwait(false))
            SweepTemporaries(Leases);
        using (await LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false))
            SweepTemporaries(Labels);
        _exists = true;
    }

    private async ValueTask WriteMissingAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        string path = Path.Combine(Root, name);
        if (!File.Exists(path))
            await DurableFile.WriteAsync(path, content, SharedFile, cancellationToken).ConfigureAwait(false);
    }

    // Under the folder's lock nobody is writing, so every temporary file is a leftover.
    private static void SweepTemporaries(string folder)
    {
        try
        {
            foreach (string path in Directory.EnumerateFiles(folder, ".tmp-*", SearchOption.AllDirectories))
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They are only in the way; the next start tries again.
        }
    }
}
