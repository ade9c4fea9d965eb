using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Layers.Drivers;
using OciImages.Layers.Internal;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Internal.Unpacking;

namespace OciImages.Layers;

/// <summary>
/// Writes the merged tree of an image into a plain directory, layer by layer, without a storage driver: whiteouts act, nothing of them
/// stays. Linux 5.6, with or without root; without its rights everything belongs to the calling user.
/// </summary>
/// <remarks>
/// The tree is built below a hidden directory in the target and moved out by <see cref="CompleteAsync"/>: until then, and after a failure,
/// the target holds nothing else.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class TreeUnpacker : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string _workName;
    private readonly UnpackPolicy _policy;
    private readonly ILogger _logger;

    /// <summary>Makes an unpacker; the first layer makes the directories.</summary>
    /// <param name="directory">The directory; made when it is missing. What it holds already stays, unless the image has the same name.</param>
    /// <param name="policy">What layers may hold; null for the defaults.</param>
    /// <param name="logger">Gets warnings; null for none.</param>
    public TreeUnpacker(string directory, UnpackPolicy? policy = null, ILogger? logger = null)
    {
        _directory = Path.GetFullPath(directory);
        _workName = $".oci-unpack-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        _policy = policy ?? new UnpackPolicy();
        _logger = logger ?? NullLogger.Instance;
    }

    private string Work => Path.Combine(_directory, _workName);

    private string Tree => Path.Combine(Work, "tree");

    /// <summary>Applies one layer on top of those before.</summary>
    /// <param name="tar">The uncompressed tar; read to its end marker.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>A task.</returns>
    /// <exception cref="OciException">The tar is malformed, leads out of the tree, or holds what the policy refuses.</exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public async ValueTask ApplyAsync(Stream tar, CancellationToken cancellationToken = default)
    {
        string diff = Path.Combine(Work, "diff"), records = Path.Combine(Work, "records");
        StoreFiles.MakeDirectory(Work, StoreFiles.PrivateDirectory);
        StoreFiles.MakeDirectory(Tree, StoreFiles.PublicDirectory);
        await MarkedDiff.UnpackAsync(tar, diff, records, _policy, _logger, cancellationToken).ConfigureAwait(false);
        await Task.Run(
            () =>
            {
                var implied = MemberRecordReader.Read(records).Where(record => record.Implied).Select(record => record.Path);
                new TreeMerger(diff, Tree, new HashSet<byte[]>(implied, ByteComparer.Instance), gone: null).Merge(cancellationToken);
                using var work = FileDescriptor.OpenDirectory(Work);
                TreeRemover.Remove(work, "diff\0"u8, diff, cancellationToken);
            },
            cancellationToken).ConfigureAwait(false);
        File.Delete(records);
    }

    /// <summary>Moves the tree to where it belongs. Call it once, after the last layer.</summary>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>A task.</returns>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(Tree))
            return;
        await Task.Run(
            () =>
            {
                new TreeMerger(Tree, _directory, new HashSet<byte[]>(ByteComparer.Instance), gone: null).Merge(cancellationToken);
                using var target = FileDescriptor.OpenDirectory(_directory);
                TreeErrors.Check(
                    Libc.Statx(target.Value, CString.Empty, Libc.AtEmptyPath, out var attributes), "read the attributes", _directory, []);
                RemoveWork(target);
                // Removing the hidden directory touched the root's times.
                TreeErrors.Check(InodeCopy.SetTimes(target, attributes), "set the times", _directory, []);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes what is not moved yet.</summary>
    /// <returns>A task.</returns>
    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(Work))
        {
            using var target = FileDescriptor.OpenDirectory(_directory);
            RemoveWork(target);
        }
        return ValueTask.CompletedTask;
    }

    private void RemoveWork(FileDescriptor target) => TreeRemover.Remove(target, CString.From(_workName), Work, CancellationToken.None);
}
