using Microsoft.Extensions.Logging;
using OciImages.Layers.Drivers;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>A layer's changes as a tree with whiteouts in marker form, and beside it the records of what the tree cannot show.</summary>
internal static class MarkedDiff
{
    /// <summary>Unpacks a layer into a new directory, for <see cref="TreeMerger"/> to act upon.</summary>
    /// <returns>The size that the headers announced, as Docker counts a vfs layer.</returns>
    internal static async ValueTask<long> UnpackAsync(
        Stream tar, string diff, string recordsPath, UnpackPolicy policy, ILogger logger, CancellationToken cancellationToken)
    {
        StoreFiles.MakeNewDirectory(diff, StoreFiles.PublicDirectory);
        using var root = FileDescriptor.OpenDirectory(diff);
        using var records = new MemberRecordWriter(recordsPath);
        using var unpacker = new DiffUnpacker(root, diff, new TarReader(tar), new UnpackSettings
        {
            Policy = policy,
            Whiteouts = new MarkerWhiteouts(),
            Logger = logger,
            ApplyRoot = true,
            Records = records,
        });
        await unpacker.UnpackAsync(cancellationToken).ConfigureAwait(false);
        if (!unpacker.HasRoot)
        {
            records.AddImplied([]);
            records.Flush();
        }
        return unpacker.HeaderSize;
    }
}
