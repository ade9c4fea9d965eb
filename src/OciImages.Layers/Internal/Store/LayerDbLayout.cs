using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using OciImages.IO;

namespace OciImages.Layers.Internal.Store;

/// <summary>
/// Docker's <c>layerdb</c>: <c>sha256/&lt;chain&gt;/{diff,size,cache-id,parent,tar-split.json.gz}</c>, <c>tmp</c> for what is not a layer yet,
/// <c>mounts/&lt;name&gt;/{mount-id,init-id,parent}</c> for writable layers.
/// </summary>
internal sealed class LayerDbLayout(string root)
{
    internal const string TarSplitName = "tar-split.json.gz";
    internal const string CacheIdName = "cache-id";
    private const string RemovingSuffix = "-removing";

    internal string Root => root;

    internal string Layers => Path.Combine(root, DigestAlgorithm.Sha256.Name);

    internal string Temporary => Path.Combine(root, "tmp");

    internal string LockPath => Path.Combine(Temporary, "layerdb.lock");

    internal string Mounts => Path.Combine(root, "mounts");

    internal string Layer(ChainId chain) => Path.Combine(Layers, chain.Value.Hex);

    internal string TarSplit(ChainId chain) => Path.Combine(Layer(chain), TarSplitName);

    /// <summary>The file that handles lock; see docs/decisions/006. It is never replaced: its content is its identity.</summary>
    internal string CacheId(ChainId chain) => Path.Combine(Layer(chain), CacheIdName);

    /// <summary>Makes the directories that are written to.</summary>
    internal void Prepare()
    {
        StoreFiles.MakeDirectory(root, StoreFiles.PrivateDirectory);
        StoreFiles.MakeDirectory(Layers, StoreFiles.PublicDirectory);
        StoreFiles.MakeDirectory(Temporary, StoreFiles.PublicDirectory);
    }

    /// <summary>The names of all directories that look like layers.</summary>
    internal IEnumerable<ChainId> List()
    {
        if (!Directory.Exists(Layers))
            yield break;
        foreach (string path in Directory.EnumerateDirectories(Layers))
        {
            if (ChainOf(path) is { } chain)
                yield return chain;
        }
    }

    /// <summary>The layer whose directory it is, or null.</summary>
    internal static ChainId? ChainOf(string path) =>
        Digest.TryParse($"{DigestAlgorithm.Sha256.Name}:{Path.GetFileName(path)}", out var digest) ? new ChainId(digest) : null;

    /// <summary>Whether it is the directory of a layer whose removal has begun.</summary>
    internal static bool IsRemoving(string path) => path.EndsWith(RemovingSuffix, StringComparison.Ordinal);

    /// <summary>The directories of layers whose removal has begun.</summary>
    internal IReadOnlyList<string> ListRemoving() =>
        Directory.Exists(Layers) ? Directory.GetDirectories(Layers, $"*{RemovingSuffix}") : [];

    /// <summary>Writes the small files of a layer, durably.</summary>
    internal static void Write(string directory, LayerInfo layer)
    {
        StoreFiles.Write(Path.Combine(directory, "diff"), layer.DiffId.ToString(), StoreFiles.PublicFile);
        StoreFiles.Write(Path.Combine(directory, "size"), layer.Size.ToString(CultureInfo.InvariantCulture), StoreFiles.PublicFile);
        StoreFiles.Write(Path.Combine(directory, CacheIdName), layer.CacheId, StoreFiles.PublicFile);
        if (layer.Parent is { } parent)
            StoreFiles.Write(Path.Combine(directory, "parent"), parent.ToString(), StoreFiles.PublicFile);
        Sync(directory);
    }

    /// <summary>Waits until the files of a directory and their names are on the disk.</summary>
    internal static void Sync(string directory)
    {
        foreach (string path in Directory.GetFiles(directory))
        {
            using var file = StoreFiles.Guard<SafeFileHandle>("open the file to sync it", path, () => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite));
            DurableFile.Sync(file, path);
        }
        DurableFile.SyncDirectory(directory);
    }

    /// <summary>Reads the small files of a layer.</summary>
    /// <param name="chain">The layer.</param>
    /// <param name="problem">What is wrong, when the result is null and the layer is there; else null.</param>
    /// <returns>The layer, or null when it is not there or not whole.</returns>
    internal LayerInfo? TryRead(ChainId chain, out string? problem)
    {
        string directory = Layer(chain);
        problem = null;
        if (!Directory.Exists(directory))
            return null;
        string? parentText = StoreFiles.TryRead(Path.Combine(directory, "parent"));
        string? cacheId = ReadCacheId(directory);
        Digest parent = default;
        long size = 0;
        if (!Digest.TryParse(StoreFiles.TryRead(Path.Combine(directory, "diff")), out var diff))
            problem = "its file diff holds no digest";
        else if (!long.TryParse(StoreFiles.TryRead(Path.Combine(directory, "size")), NumberStyles.None, CultureInfo.InvariantCulture, out size))
            problem = "its file size holds no number";
        else if (cacheId is null)
            problem = "its file cache-id holds no id";
        else if (parentText is not null && !Digest.TryParse(parentText, out parent))
            problem = "its file parent holds no digest";
        else if (new ChainId(parent).Append(new DiffId(diff)) != chain)
            problem = "its files diff and parent do not make its ChainID";
        if (problem is not null)
        {
            problem += $" ({directory}).";
            return null;
        }
        return new LayerInfo(chain, new DiffId(diff), parent.IsEmpty ? null : new ChainId(parent), size) { CacheId = cacheId! };
    }

    /// <summary>The parent that a layer names; null for a base layer, or when it cannot be read.</summary>
    internal ChainId? ReadParent(ChainId chain) => ReadChain(Path.Combine(Layer(chain), "parent"));

    /// <summary>The driver's id of the layer in a directory, or null.</summary>
    internal static string? ReadCacheId(string directory) =>
        StoreFiles.TryRead(Path.Combine(directory, CacheIdName)) is { } id && LayerId.IsValid(id) ? id : null;

    /// <summary>The directories of writable layers.</summary>
    internal IEnumerable<string> ListMounts() => Directory.Exists(Mounts) ? Directory.EnumerateDirectories(Mounts) : [];

    /// <summary>The layer that the writable layer of a directory stands on; null for none, or when it cannot be read.</summary>
    internal static ChainId? ReadMountParent(string mount) => ReadChain(Path.Combine(mount, "parent"));

    /// <summary>Makes a layer invisible, as the first step of its removal. The caller syncs <see cref="Layers"/>.</summary>
    /// <returns>The directory that is left to delete.</returns>
    internal string BeginRemoval(ChainId chain)
    {
        string removing = $"{Layer(chain)}-{RandomNumberGenerator.GetHexString(64, lowercase: true)}{RemovingSuffix}";
        StoreFiles.Guard("begin the removal of the layer", removing, () =>
        {
            Directory.Move(Layer(chain), removing);
            return true;
        });
        return removing;
    }

    /// <summary>Deletes a directory of the store, if it is there; another process may be doing the same.</summary>
    internal static void Delete(string directory) => StoreFiles.Guard("delete the directory", directory, () =>
    {
        try
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            // Gone is what it should be.
        }
        return true;
    });

    private static ChainId? ReadChain(string path) => Digest.TryParse(StoreFiles.TryRead(path), out var digest) ? new ChainId(digest) : null;
}
