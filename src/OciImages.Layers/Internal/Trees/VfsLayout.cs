namespace OciImages.Layers.Internal.Trees;

/// <summary>
/// The files of the vfs driver: <c>dir/&lt;id&gt;</c> (the merged tree; Docker's place), <c>staging/&lt;id&gt;</c> (a diff that waits for its
/// commit, with the records of its members), <c>attributes/&lt;id&gt;.jsonl</c> (what could not be set in the merged tree).
/// </summary>
internal sealed class VfsLayout(string root)
{
    internal string Trees => Path.Combine(root, "dir");

    internal string StagingRoot => Path.Combine(root, "staging");

    internal string Tree(string id) => Path.Combine(Trees, LayerId.Check(id));

    internal string Staging(string id) => Path.Combine(StagingRoot, LayerId.Check(id));

    internal string StagedDiff(string id) => Path.Combine(Staging(id), "diff");

    internal string StagedRecords(string id) => Path.Combine(Staging(id), "members.jsonl");

    internal string Attributes(string id) => Path.Combine(root, "attributes", $"{LayerId.Check(id)}.jsonl");

    /// <summary>Makes the driver's own directories.</summary>
    internal void Prepare()
    {
        StoreFiles.MakeDirectory(root, StoreFiles.DriverDirectory);
        StoreFiles.MakeDirectory(Trees, StoreFiles.PrivateDirectory);
        StoreFiles.MakeDirectory(StagingRoot, StoreFiles.PrivateDirectory);
        StoreFiles.MakeDirectory(Path.Combine(root, "attributes"), StoreFiles.PrivateDirectory);
    }
}
