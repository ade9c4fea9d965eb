using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Unpacking;

namespace OciImages.Layers.Internal.Trees;

/// <summary>Makes the merged tree of a staged vfs layer: a copy of the parent's, with the diff moved into it.</summary>
internal sealed class VfsCommit(VfsLayout layout, string id, string? parentId)
{
    internal void Run(CancellationToken cancellationToken)
    {
        string tree = layout.Tree(id);
        StoreFiles.MakeNewDirectory(tree, StoreFiles.PublicDirectory);
        if (parentId is not null)
            new TreeCopier(layout.Tree(parentId), tree).Copy(cancellationToken);
        var own = new List<MemberRecord>();
        var implied = new HashSet<byte[]>(ByteComparer.Instance);
        foreach (var record in MemberRecordReader.Read(layout.StagedRecords(id)))
        {
            if (record.Implied)
                implied.Add(record.Path);
            else
                own.Add(record);
        }
        // Without root's rights the records of the parent's members stay as long as the members do.
        var gone = Libc.EffectiveUserId() == 0 ? null : new PathSet();
        new TreeMerger(layout.StagedDiff(id), tree, implied, gone).Merge(cancellationToken);
        if (gone is not null)
            MergeRecords(own, gone);
        using (var staging = FileDescriptor.OpenDirectory(layout.StagingRoot))
            TreeRemover.Remove(staging, CString.From(id), layout.Staging(id), cancellationToken);
        // Last, so that a staged diff beside the tree always means half a commit.
        Sync(tree);
    }

    private void MergeRecords(List<MemberRecord> own, PathSet gone)
    {
        StoreFiles.Write(layout.Attributes(id), "", StoreFiles.PrivateFile);
        using var merged = new MemberRecordWriter(layout.Attributes(id));
        if (parentId is not null)
        {
            var replaced = new HashSet<byte[]>(own.Select(record => record.Path), ByteComparer.Instance);
            foreach (var record in MemberRecordReader.Read(layout.Attributes(parentId)))
            {
                if (!gone.Covers(record.Path) && !replaced.Contains(record.Path))
                    merged.Add(record);
            }
        }
        own.ForEach(merged.Add);
        merged.Flush();
    }

    private static void Sync(string path)
    {
        using var directory = FileDescriptor.OpenDirectory(path);
        if (Libc.SyncFileSystem(directory.Value) != 0)
            throw StorageException.FromErrno(Errno.Last, "sync the file system", path);
    }
}
