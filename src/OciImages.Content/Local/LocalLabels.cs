using System.Collections.ObjectModel;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Labels: one JSON object per piece of content that has any.</summary>
internal sealed class LocalLabels(LocalLayout layout, LocalLeases leases, ILogger logger)
{
    private static readonly IReadOnlyDictionary<string, string> None = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The labels; none when the file cannot be understood, which the log tells.</summary>
    internal async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(layout.LabelFile(digest), cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            logger.CorruptLabels(e, digest);
            return None;
        }
    }

    internal async ValueTask UpdateAsync(
        Digest digest, IReadOnlyDictionary<string, string?> changes, CancellationToken cancellationToken)
    {
        if (!DurableFile.Exists(layout.Blob(digest)))
            throw Failures.NotFound(digest);
        await leases.EnsureAsync(cancellationToken).ConfigureAwait(false);
        using var hold = await layout.LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (!DurableFile.Exists(layout.Blob(digest)))
            throw Failures.NotFound(digest);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in await ReadForUpdateAsync(digest, cancellationToken).ConfigureAwait(false))
            labels[key] = value;
        bool changed = false;
        foreach (var (key, value) in changes)
        {
            if (value is null)
            {
                changed |= labels.Remove(key);
            }
            else if (!labels.TryGetValue(key, out string? old) || old != value)
            {
                labels[key] = value;
                changed = true;
            }
        }
        if (changed)
            await WriteAsync(layout.LabelFile(digest), labels, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes the labels of content that is going, durably: left behind, they would show on the same content when it is committed
    /// again. The caller holds the lock.
    /// </summary>
    internal void Delete(IEnumerable<Digest> digests)
    {
        var folders = new HashSet<string>();
        foreach (var digest in digests)
        {
            string path = layout.LabelFile(digest);
            if (!DurableFile.Exists(path))
                continue;
            Remove(path);
            folders.Add(Path.GetDirectoryName(path)!);
        }
        foreach (string folder in folders)
            DurableFile.SyncDirectory(folder);
    }

    private static async ValueTask<IReadOnlyDictionary<string, string>> LoadAsync(string path, CancellationToken cancellationToken)
    {
        var labels = await SideFile.ReadAsync(path, LocalJson.Default.DictionaryStringString, cancellationToken).ConfigureAwait(false);
        if (labels is not null && labels.ContainsValue(null!))
            throw SideFile.Corrupt(path, "a label is null");
        return labels ?? None;
    }

    private async ValueTask<IReadOnlyDictionary<string, string>> ReadForUpdateAsync(Digest digest, CancellationToken cancellationToken)
    {
        string path = layout.LabelFile(digest);
        try
        {
            return await LoadAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            // Somebody may still read out of it what we cannot.
            logger.CorruptLabelsMoved(e, digest);
            Move(path, path + ".corrupt");
            DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
            return None;
        }
    }

    private async ValueTask WriteAsync(string path, SortedDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (labels.Count == 0)
        {
            Remove(path);
            DurableFile.SyncDirectory(folder);
            return;
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(labels), LocalJson.Default.DictionaryStringString);
        if (json.Length > SideFile.MaxLength)
            throw new OciException(OciErrorKind.InvalidInput, $"The labels would take {json.Length} bytes; {SideFile.MaxLength} are allowed.");
        DurableDirectory.Create(folder, LocalLayout.Private);
        await DurableFile.WriteAsync(path, json, LocalLayout.PrivateFile, layout.Labels, cancellationToken).ConfigureAwait(false);
    }

    private static void Move(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "move the file away", from);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the file", path);
        }
    }
}
