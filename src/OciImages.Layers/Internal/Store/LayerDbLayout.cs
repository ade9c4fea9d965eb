using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using OciImages.IO;

namespace OciImages.Layers.Internal.Store;

/// <summary>
/// Docker's <c>layerdb</c>: <c>sha256/&lt;chain&gt;/{diff,size,cache-id,parent,tar-split.json.gz}</c>, <c>tmp</c> for what is not a layer yet,
/// <c>mounts/&lt;name&gt;/parent</c> for writable layers.
/// </summary>
internal sealed class LayerDbLayout(string root)
{
    internal const string TarSplitName = "tar-split.json.gz";
    private const string RemovingSuffix = "-removing";

    internal string Root => root;

    internal string Layers => Path.Combine(root, DigestAlgorithm.Sha256.Name);

    internal string Temporary => Path.Combine(root, "tmp");

    internal string LockPath => Path.Combine(Temporary, "layerdb.lock");

    private string Mounts => Path.Combine(root, "mounts");

    internal string Layer(ChainId chain) => Path.Combine(Layers, chain.Value.Hex);

    internal string TarSplit(ChainId chain) => Path.Combine(Layer(chain), TarSplitName);

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
            if (Digest.TryParse($"{DigestAlgorithm.Sha256.Name}:{Path.GetFileName(path)}", out var digest))
                yield return new ChainId(digest);
        }
    }

    /// <summary>The directories of layers whose removal has begun.</summary>
    internal IReadOnlyList<string> ListRemoving() =>
        Directory.Exists(Layers) ? Directory.GetDirectories(Layers, $"*{RemovingSuffix}") : [];

    /// <summary>Writes the small files of a layer, durably.</summary>
    internal static void Write(string directory, LayerInfo layer)
    {
        StoreFiles.Write(Path.Combine(directory, "diff"), layer.DiffId.ToString(), StoreFiles.PublicFile);
        StoreFiles.Write(Path.Combine(directory, "size"), layer.Size.ToString(CultureInfo.InvariantCulture), StoreFiles.PublicFile);
        StoreFiles.Write(Path.Combine(directory, "cache-id"), layer.CacheId, StoreFiles.PublicFile);
        if (layer.Parent is { } parent)
            StoreFiles.Write(Path.Combine(directory, "parent"), parent.ToString(), StoreFiles.PublicFile);
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
        if (!Digest.TryParse(StoreFiles.TryRead(Path.Combine(directory, "diff")), out var diff))
            problem = "its file diff holds no digest";
        else if (!long.TryParse(StoreFiles.TryRead(Path.Combine(directory, "size")), NumberStyles.None, CultureInfo.InvariantCulture, out _))
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
        long size = long.Parse(StoreFiles.TryRead(Path.Combine(directory, "size"))!, CultureInfo.InvariantCulture);
        return new LayerInfo(chain, new DiffId(diff), parent.IsEmpty ? null : new ChainId(parent), size) { CacheId = cacheId! };
    }

    /// <summary>The parent that a layer names; null for a base layer, or when it cannot be read.</summary>
    internal ChainId? ReadParent(ChainId chain) => ReadChain(Path.Combine(Layer(chain), "parent"));

    /// <summary>The driver's id of the layer in a directory, or null.</summary>
    internal static string? ReadCacheId(string directory) =>
        StoreFiles.TryRead(Path.Combine(directory, "cache-id")) is { } id && LayerId.IsValid(id) ? id : null;

    /// <summary>The layers that writable layers stand on.</summary>
    internal IEnumerable<ChainId> ListMountParents()
    {
        if (!Directory.Exists(Mounts))
            yield break;
        foreach (string mount in Directory.EnumerateDirectories(Mounts))
        {
            if (ReadChain(Path.Combine(mount, "parent")) is { } parent)
                yield return parent;
        }
    }

    /// <summary>Makes a layer invisible, as the first step of its removal.</summary>
    /// <returns>The directory that is left to delete.</returns>
    internal string BeginRemoval(ChainId chain)
    {
        string removing = $"{Layer(chain)}-{RandomNumberGenerator.GetHexString(64, lowercase: true)}{RemovingSuffix}";
        StoreFiles.Guard("begin the removal of the layer", removing, () =>
        {
            Directory.Move(Layer(chain), removing);
            return true;
        });
        DurableFile.SyncDirectory(Layers);
        return removing;
    }

    /// <summary>Deletes a directory of the store, if it is there.</summary>
    internal static void Delete(string directory) => StoreFiles.Guard("delete the directory", directory, () =>
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
        return true;
    });

    private static ChainId? ReadChain(string path) => Digest.TryParse(StoreFiles.TryRead(path), out var digest) ? new ChainId(digest) : null;
}
