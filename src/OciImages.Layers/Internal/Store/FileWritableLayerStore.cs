using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OciImages.IO;

namespace OciImages.Layers.Internal.Store;

/// <summary>Docker's <c>layerdb/mounts</c>. A record is made complete in a write set and gets its name by one rename.</summary>
internal sealed class FileWritableLayerStore(
    FileLayerStore store, LayerDbLayout layout, WriteSets writeSets, LayerGate gate, LayerRemover remover, ILogger logger) : IWritableLayerStore
{
    private const int MaxNameLength = 128;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public async ValueTask<WritableLayer> CreateAsync(
        string name, ChainId? parent, WritableLayerOptions? options = null, CancellationToken cancellationToken = default)
    {
        CheckName(name);
        await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (Directory.Exists(Record(name)))
            throw NameTaken(name);
        var below = parent is { } chain ? await store.RequireAsync(chain, cancellationToken).ConfigureAwait(false) : null;
        try
        {
            return await CreateAsync(name, below?.Layer, options ?? new WritableLayerOptions(), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (below is not null)
                await below.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask<WritableLayer?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        CheckName(name);
        await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        string record = Record(name);
        if (!Directory.Exists(record))
            return null;
        return TryRead(record, out string? problem) ?? throw new StorageException(OciErrorKind.Corrupt, $"The writable layer {name} is damaged: {problem}", record);
    }

    public async IAsyncEnumerable<WritableLayer> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        foreach (string record in layout.ListMounts())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(record, out string? problem) is { } layer)
                yield return layer;
            else if (problem is not null)
                logger.WritableLayerIgnored(Path.GetFileName(record), problem);
        }
    }

    public async ValueTask<IReadOnlyList<LayerInfo>?> RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is not { } layer)
            return null;
        string record = Record(name), removing = writeSets.NameFor(layer.MountId);
        using (await gate.EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!Directory.Exists(record))
                return null;
            Move(record, removing);
            try
            {
                // From the rename on, the next start removes whatever is left.
                await store.Driver.RemoveAsync(layer.MountId, CancellationToken.None).ConfigureAwait(false);
            }
            catch (OciException e) when (e.Kind is OciErrorKind.Conflict)
            {
                Move(removing, record);
                throw new OciException(OciErrorKind.Conflict, $"The writable layer {name} is in use: {e.Message}", e);
            }
            DurableFile.SyncDirectory(layout.Mounts);
        }
        await writeSets.DropAsync(removing, layer.MountId).ConfigureAwait(false);
        return layer.Parent is { } parent ? await remover.RemoveChainAsync(parent, CancellationToken.None).ConfigureAwait(false) : [];
    }

    /// <summary>Reads the record of a writable layer.</summary>
    /// <param name="record">Its directory.</param>
    /// <param name="problem">What is wrong, when the result is null and the record is there; else null.</param>
    internal FileWritableLayer? TryRead(string record, out string? problem)
    {
        problem = null;
        string? mountId = StoreFiles.TryRead(Path.Combine(record, MountIdName)), initId = StoreFiles.TryRead(Path.Combine(record, InitIdName));
        string? parentText = StoreFiles.TryRead(Path.Combine(record, ParentName));
        Digest parent = default;
        if (mountId is null && !Directory.Exists(record))
            return null; // removed meanwhile
        if (mountId is null || !LayerId.IsValid(mountId))
            problem = $"its file {MountIdName} holds no id.";
        else if (initId is not null && !LayerId.IsValid(initId))
            problem = $"its file {InitIdName} holds no id.";
        else if (parentText is not null && !Digest.TryParse(parentText, out parent))
            problem = $"its file {ParentName} holds no digest.";
        return problem is null
            ? new FileWritableLayer(store, record, mountId!, initId, parent.IsEmpty ? null : new ChainId(parent))
            : null;
    }

    private const string MountIdName = "mount-id", InitIdName = "init-id", ParentName = "parent";

    private async ValueTask<WritableLayer> CreateAsync(
        string name, LayerInfo? parent, WritableLayerOptions options, CancellationToken cancellationToken)
    {
        layout.Prepare();
        StoreFiles.MakeDirectory(layout.Mounts, StoreFiles.PublicDirectory);
        string mountId = RandomNumberGenerator.GetHexString(64, lowercase: true);
        string? initId = options.Initialize is null ? null : mountId + LayerId.InitSuffix;
        string writeSet = writeSets.Create(mountId);
        try
        {
            if (initId is not null)
                await InitializeAsync(initId, parent, options, cancellationToken).ConfigureAwait(false);
            await store.Driver.CreateWritableAsync(mountId, initId ?? parent?.CacheId, cancellationToken).ConfigureAwait(false);
            StoreFiles.Write(Path.Combine(writeSet, MountIdName), mountId, StoreFiles.PublicFile);
            if (initId is not null)
                StoreFiles.Write(Path.Combine(writeSet, InitIdName), initId, StoreFiles.PublicFile);
            if (parent is not null)
                StoreFiles.Write(Path.Combine(writeSet, ParentName), parent.ChainId.ToString(), StoreFiles.PublicFile);
            LayerDbLayout.Sync(writeSet);
            using var held = await gate.EnterAsync(cancellationToken).ConfigureAwait(false);
            string record = Record(name);
            if (Directory.Exists(record))
                throw NameTaken(name);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(writeSet, StoreFiles.PublicDirectory);
            Move(writeSet, record);
            DurableFile.SyncDirectory(layout.Mounts);
            return new FileWritableLayer(store, record, mountId, initId, parent?.ChainId);
        }
        catch
        {
            await writeSets.DropAsync(writeSet, mountId).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask InitializeAsync(string initId, LayerInfo? parent, WritableLayerOptions options, CancellationToken cancellationToken)
    {
        await store.Driver.CreateWritableAsync(initId, parent?.CacheId, cancellationToken).ConfigureAwait(false);
        var mountOptions = new MountOptions { ReadOnly = false, Label = options.Label };
        var mount = await store.Driver.MountAsync(initId, mountOptions, cancellationToken).ConfigureAwait(false);
        await using (mount.ConfigureAwait(false))
            await options.Initialize!(mount.Path, cancellationToken).ConfigureAwait(false);
    }

    private string Record(string name) => Path.Combine(layout.Mounts, name);

    private static void Move(string from, string to) => StoreFiles.Guard("rename the record of the writable layer", to, () =>
    {
        Directory.Move(from, to);
        return true;
    });

    private static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > MaxNameLength || !char.IsAsciiLetterOrDigit(name[0]) || name.AsSpan().ContainsAnyExcept(NameCharacters))
            throw new OciException(
                OciErrorKind.InvalidInput, $"The name of a writable layer has 1 to {MaxNameLength} letters, digits, '_', '.' and '-' and starts with a letter or digit.");
    }

    private static OciException NameTaken(string name) => new(OciErrorKind.AlreadyExists, $"There is a writable layer {name} already.");
}
