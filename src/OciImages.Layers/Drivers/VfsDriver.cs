using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Layers.Internal;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Overlay;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Internal.Unpacking;

namespace OciImages.Layers.Drivers;

/// <summary>
/// Keeps a whole tree for every layer: a copy of the parent's with the layer's changes. Docker's <c>vfs</c>. Linux 5.6, any file system, with or
/// without root; where the file system can share extents (btrfs, xfs), copies take no space.
/// </summary>
/// <remarks>
/// <para>
/// A directory that a layer has no member for keeps the attributes it has in the parent. A layer's directory replaces a symbolic link
/// of the parent, as it does under overlay2: what a layer's names mean never depends on its parent.
/// </para>
/// <para>
/// Without root's rights, everything belongs to the calling user. Owners, setuid bits, devices (empty files stand in) and extended
/// attributes that cannot be set are noted in <c>attributes/&lt;id&gt;.jsonl</c>: JSON Lines with <c>path</c> or <c>path_raw</c>, <c>uid</c>, <c>gid</c>,
/// <c>mode</c>, <c>device</c>, <c>major</c>, <c>minor</c>, <c>xattrs</c>; what has no line belongs to 0:0.
/// </para>
/// </remarks>
/// <threadsafety>Safe for concurrent use on different layers.</threadsafety>
[SupportedOSPlatform("linux")]
public sealed class VfsDriver : IStorageDriver, ILayerCheck
{
    private readonly UnpackPolicy _policy;
    private readonly ILogger _logger;
    private readonly VfsLayout _layout;
    private readonly OverlayMounter _mounter;

    /// <summary>Makes the driver; nothing is touched before the first call.</summary>
    /// <param name="root">The driver's directory, <c>&lt;data root&gt;/vfs</c>; made when it is missing.</param>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <param name="logger">Gets warnings and events; null for none.</param>
    public VfsDriver(string root, VfsDriverOptions? options = null, ILogger? logger = null)
    {
        _policy = (options ?? new VfsDriverOptions()).Policy;
        _logger = logger ?? NullLogger.Instance;
        _layout = new VfsLayout(Path.GetFullPath(root));
        _mounter = new OverlayMounter(_logger);
    }

    /// <summary>Always <c>vfs</c>.</summary>
    public string Name => "vfs";

    private static bool IsRoot => Libc.EffectiveUserId() == 0;

    /// <inheritdoc/>
    public async ValueTask<long> StageAsync(string id, Stream tar, CancellationToken cancellationToken = default)
    {
        Prepare(id);
        StoreFiles.MakeNewDirectory(_layout.Staging(id), StoreFiles.PrivateDirectory);
        long size = await MarkedDiff.UnpackAsync(
            tar, _layout.StagedDiff(id), _layout.StagedRecords(id), _policy, _logger, cancellationToken).ConfigureAwait(false);
        _logger.Unpacked(id, size);
        return size;
    }

    /// <inheritdoc/>
    public async ValueTask CommitAsync(string id, string? parentId, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(_layout.StagedDiff(id)))
            throw LayerId.NotFound(Name, id);
        if (parentId is not null)
            RequireTree(parentId);
        await Task.Run(() => new VfsCommit(_layout, id, parentId).Run(cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask CreateWritableAsync(string id, string? parentId, CancellationToken cancellationToken = default)
    {
        Prepare(id);
        if (parentId is not null)
            RequireTree(parentId);
        string tree = _layout.Tree(id);
        StoreFiles.MakeNewDirectory(tree, StoreFiles.PublicDirectory);
        if (parentId is null)
            return;
        await Task.Run(() => new TreeCopier(_layout.Tree(parentId), tree).Copy(cancellationToken), cancellationToken).ConfigureAwait(false);
        if (File.Exists(_layout.Attributes(parentId)))
            StoreFiles.Guard("copy the member records", _layout.Attributes(id), () =>
            {
                File.Copy(_layout.Attributes(parentId), _layout.Attributes(id), overwrite: true);
                return true;
            });
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Without a target this is the layer's own tree, which must not be written through a read-only mount. With a target it is a bind
    /// mount, which needs root.
    /// </remarks>
    public ValueTask<Mount> MountAsync(string id, MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new MountOptions();
        RequireTree(id);
        if (options.Label is not null)
            throw new OciException(OciErrorKind.Unsupported, "The driver vfs mounts nothing that could have an SELinux label; overlay2 does.");
        if (options.Target is null)
            return new(new TreeMount(_layout.Tree(id)));
        if (!IsRoot)
            throw new OciException(OciErrorKind.Unsupported, "The driver vfs needs root to mount at a place of the caller's choice.");
        string target = Path.GetFullPath(options.Target);
        StoreFiles.MakeDirectory(target, StoreFiles.PublicDirectory);
        _mounter.MountBind(_layout.Tree(id), target, options.ReadOnly);
        return new(new OverlayMount(target, _mounter, null, null));
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenFileAsync(string id, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default)
    {
        string staged = _layout.StagedDiff(id);
        if (!Directory.Exists(staged))
        {
            RequireTree(id);
            return new(MemberFile.Open(_layout.Tree(id), name.Span));
        }
        return new(MemberFile.Open(staged, name.Span));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ExistsAsync(string id, CancellationToken cancellationToken = default) =>
        new(Directory.Exists(_layout.Tree(id)) || Directory.Exists(_layout.Staging(id)));

    /// <summary>Always null: vfs has nothing to tell, in Docker too.</summary>
    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>?> GetMetadataAsync(string id, CancellationToken cancellationToken = default) => default;

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        LayerId.Check(id);
        await Task.Run(
            () =>
            {
                Delete(_layout.Trees, id, cancellationToken);
                Delete(_layout.StagingRoot, id, cancellationToken);
                if (File.Exists(_layout.Attributes(id)))
                    File.Delete(_layout.Attributes(id));
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does nothing.</summary>
    /// <returns>A task.</returns>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    string? ILayerCheck.FindDamage(string id, int below) => IsTree(id) ? null : $"its tree {_layout.Tree(id)} is missing.";

    IEnumerable<(string Id, string Path)> ILayerCheck.ListIds() => StoreFiles.ListIds(_layout.Trees).Concat(StoreFiles.ListIds(_layout.StagingRoot));

    IEnumerable<DriverFinding> ILayerCheck.FindProblems() => [];

    private static void Delete(string directory, string id, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(directory, id)))
            return;
        using var parent = FileDescriptor.OpenDirectory(directory);
        TreeRemover.Remove(parent, CString.From(id), Path.Combine(directory, id), cancellationToken);
    }

    private void Prepare(string id)
    {
        LayerId.Check(id);
        if (!OperatingSystem.IsLinux())
            throw new OciException(OciErrorKind.Unsupported, "The driver vfs needs Linux; the blob driver works everywhere.");
        _layout.Prepare();
        if (Directory.Exists(_layout.Tree(id)) || Directory.Exists(_layout.Staging(id)))
            throw LayerId.AlreadyExists(Name, id);
    }

    // A tree beside a staged diff is half a commit.
    private bool IsTree(string id) => Directory.Exists(_layout.Tree(id)) && !Directory.Exists(_layout.Staging(id));

    private void RequireTree(string id)
    {
        if (!IsTree(id))
            throw LayerId.NotFound(Name, id);
    }
}
