using System.Collections.Concurrent;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Layers.Diff;
using OciImages.Layers.Internal;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Overlay;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Internal.Unpacking;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Drivers;

/// <summary>
/// Keeps each layer's own changes and lets the kernel stack them: Docker's <c>overlay2</c>, with its files. Linux, as root or as the root of
/// a user namespace; openat2 asks for Linux 5.6, and user namespaces for 5.11.
/// </summary>
/// <remarks>
/// As dockerd does on overlay2: directories that a layer has no member for are 0755 and root's, and owner and mode of the member of the
/// layer's root are left aside; its times count, so that the root of the merged tree has those of the image. Up to 500 layers can be
/// mounted, 128 or so on kernels before 6.7.
/// </remarks>
/// <threadsafety>Safe for concurrent use on different layers.</threadsafety>
[SupportedOSPlatform("linux")]
public sealed class Overlay2Driver : IStorageDriver, IDiffProvider, ILayerCheck
{
    private readonly string _root;
    private readonly UnpackPolicy _policy;
    private readonly ILogger _logger;
    private readonly OverlayLayout _layout;
    private readonly OverlayMounter _mounter;
    private readonly MountPoints _mountPoints;
    private readonly SharedMounts _sharedMounts;
    private readonly Lock _lock = new();

    // What staged layers hide, until their commit tells what is below.
    private readonly ConcurrentDictionary<string, List<byte[]>> _hidden = [];

    private bool _isReady;
    private string? _diffProblem;

    /// <summary>Makes the driver; nothing is touched before the first call.</summary>
    /// <param name="root">The driver's directory, <c>&lt;data root&gt;/overlay2</c>; made when it is missing.</param>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <param name="logger">Gets warnings and events; null for none.</param>
    public Overlay2Driver(string root, Overlay2DriverOptions? options = null, ILogger? logger = null)
        : this(root, options, logger, avoidMountApi: false)
    {
    }

    internal Overlay2Driver(string root, Overlay2DriverOptions? options, ILogger? logger, bool avoidMountApi)
    {
        options ??= new Overlay2DriverOptions();
        _root = Path.GetFullPath(root);
        _policy = options.Policy;
        _logger = logger ?? NullLogger.Instance;
        _layout = new OverlayLayout(_root);
        _mounter = new OverlayMounter(_logger) { AvoidMountApi = avoidMountApi };
        _sharedMounts = new SharedMounts(_layout, _mounter);
        _mountPoints = new MountPoints(Path.GetFullPath(options.MountsDirectory ?? Path.Combine(_root, "mounts")), _mounter, _logger);
    }

    /// <summary>Always <c>overlay2</c>.</summary>
    public string Name => "overlay2";

    /// <inheritdoc/>
    public async ValueTask<long> StageAsync(string id, Stream tar, CancellationToken cancellationToken = default)
    {
        LayerId.Check(id);
        EnsureReady();
        _layout.Create(id);
        string diff = _layout.Diff(id);
        using var root = FileDescriptor.OpenDirectory(diff);
        using var unpacker = new DiffUnpacker(root, diff, new TarReader(tar), new UnpackSettings
        {
            Policy = _policy,
            Whiteouts = new OverlayWhiteouts(UserNamespace.IsInside),
            Logger = _logger,
        });
        await unpacker.UnpackAsync(cancellationToken).ConfigureAwait(false);
        if (unpacker.Hidden.Count > 0)
            _hidden[id] = unpacker.Hidden;
        _logger.Unpacked(id, unpacker.TreeSize);
        return unpacker.TreeSize;
    }

    /// <inheritdoc/>
    public async ValueTask CommitAsync(string id, string? parentId, CancellationToken cancellationToken = default)
    {
        RequireLayer(id);
        _layout.SetParent(id, parentId);
        if (_hidden.TryRemove(id, out var hidden))
            new RedundantWhiteouts(_layout.Diff(id), _layout.VisibleLowers(id)).Remove(hidden);
        _layout.SetCommitted(id);
        // One call for all: files of the layer, the small files beside it and the parent's, and the names of everything.
        await Task.Run(() => Sync(_layout.Diff(id)), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask CreateWritableAsync(string id, string? parentId, CancellationToken cancellationToken = default)
    {
        LayerId.Check(id);
        EnsureReady();
        _layout.Create(id);
        _layout.SetParent(id, parentId);
        await Task.Run(() => Sync(_layout.Diff(id)), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A writable layer is mounted for writing at Docker's place, <c>&lt;id&gt;/merged</c>, once for all who want it, in whichever process; a target
    /// shows it at another place as well. Its label is the one that the first of them asked for.
    /// </remarks>
    public async ValueTask<Mount> MountAsync(string id, MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new MountOptions();
        RequireLayer(id);
        if (options.Label is { } label && !IsLabel(label))
            throw new OciException(OciErrorKind.InvalidInput, "An SELinux label has no quotation marks, backslashes and control characters.");
        return options.ReadOnly ? MountReadOnly(id, options) : await MountWritableAsync(id, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenFileAsync(string id, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default)
    {
        RequireLayer(id);
        return new(MemberFile.Open(_layout.Diff(id), name.Span));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Null where dockerd has no native diff either: in a user namespace, when the kernel renames directories by redirection
    /// (<c>redirect_dir</c>), or copies marks of opaque directories. Null too when it leaves the content of a changed file below (<c>metacopy</c>).
    /// </remarks>
    public ValueTask<TreeDiffer?> FindDifferAsync(string id, string? lower, CancellationToken cancellationToken = default)
    {
        RequireLayer(id);
        EnsureReady();
        return new(_diffProblem is null ? TreeDiffer.OfOverlay(_layout.Diff(id), lower, null, _logger) : null);
    }

    /// <inheritdoc/>
    public ValueTask<bool> ExistsAsync(string id, CancellationToken cancellationToken = default) => new(_layout.Exists(id));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>?> GetMetadataAsync(string id, CancellationToken cancellationToken = default)
    {
        RequireLayer(id);
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["MergedDir"] = _layout.Merged(id),
            ["UpperDir"] = _layout.Diff(id),
            ["WorkDir"] = _layout.Work(id),
        };
        if (_layout.ResolvedLowers(id) is { Count: > 0 } lowers)
            metadata["LowerDir"] = string.Join(':', lowers);
        return new(metadata);
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        string path = _layout.Layer(id);
        if (!Directory.Exists(path))
            return;
        _hidden.TryRemove(id, out _);
        using var alone = _sharedMounts.Close(id);
        _layout.RemoveLink(id);
        await Task.Run(() => Delete(id, path, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets go of the directory for mounts; mounts that are still there stay until the next driver starts on it.</summary>
    /// <returns>A task.</returns>
    public ValueTask DisposeAsync()
    {
        _mountPoints.Dispose();
        return ValueTask.CompletedTask;
    }

    string? ILayerCheck.FindDamage(string id, int below) => _layout.FindDamage(id, below);

    IEnumerable<(string Id, string Path)> ILayerCheck.ListIds() => StoreFiles.ListIds(_root);

    IEnumerable<DriverFinding> ILayerCheck.FindProblems() => new OverlayLinks(_layout).FindProblems();

    private OverlayMount MountReadOnly(string id, MountOptions options)
    {
        EnsureReady();
        var stack = _layout.ReadOnlyStack(id, options.Label);
        if (options.Target is { } target)
        {
            string full = PrepareTarget(target);
            _mounter.MountOverlay(stack, full, readOnly: true);
            return new OverlayMount(full, _mounter, null, null);
        }
        string path = _mountPoints.Create();
        try
        {
            _mounter.MountOverlay(stack, path, readOnly: true);
        }
        catch
        {
            MountPoints.Remove(path);
            throw;
        }
        return new OverlayMount(path, _mounter, () => MountPoints.Detach(path), () => MountPoints.Remove(path));
    }

    private async ValueTask<Mount> MountWritableAsync(string id, MountOptions options, CancellationToken cancellationToken)
    {
        EnsureReady();
        if (_layout.IsCommitted(id) || !Directory.Exists(_layout.Work(id)))
            throw new OciException(OciErrorKind.Conflict, $"The overlay2 layer {id} is not a writable one.");
        var use = await _sharedMounts.EnterAsync(id, options.Label, cancellationToken).ConfigureAwait(false);
        string merged = _layout.Merged(id);
        string? target = null;
        try
        {
            if (options.Target is not null)
                _mounter.MountBind(merged, target = PrepareTarget(options.Target), readOnly: false);
            return new SharedMount(_sharedMounts, _mounter, id, merged, target, use);
        }
        catch
        {
            _sharedMounts.Leave(id, use);
            throw;
        }
    }

    private static bool IsLabel(string label) => !label.Any(character => character is '"' or '\\' || char.IsControl(character));

    private static string PrepareTarget(string target)
    {
        string full = Path.GetFullPath(target);
        StoreFiles.MakeDirectory(full, StoreFiles.PublicDirectory);
        return full;
    }

    private void Delete(string id, string path, CancellationToken cancellationToken)
    {
        using var root = FileDescriptor.OpenDirectory(_root);
        TreeRemover.Remove(root, CString.From(id), path, cancellationToken);
    }

    private static void Sync(string path)
    {
        using var directory = FileDescriptor.OpenDirectory(path);
        if (Libc.SyncFileSystem(directory.Value) != 0)
            throw StorageException.FromErrno(Errno.Last, "sync the file system", path);
    }

    private void RequireLayer(string id)
    {
        if (!Directory.Exists(_layout.Diff(id)))
            throw LayerId.NotFound(Name, id);
    }

    private void EnsureReady()
    {
        lock (_lock)
        {
            if (_isReady)
                return;
            if (!OperatingSystem.IsLinux())
                throw new OciException(OciErrorKind.Unsupported, "The driver overlay2 needs Linux; the blob driver works everywhere.");
            _layout.Prepare();
            if ((_diffProblem = OverlaySupport.Check(_root, _mounter)) is not null)
                _logger.NativeDiffUnusable(_diffProblem);
            _mountPoints.Sweep();
            _isReady = true;
        }
    }
}
