using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OciImages.Configs;
using OciImages.IO;

namespace OciImages.Images.Internal;

/// <summary>
/// What listings need of all images, without reading their configs. Which images there are is always what the folders have, whoever
/// changed them; only what a config says, which its hash fixes for ever, comes from memory and from the index file.
/// </summary>
/// <threadsafety>Safe to share.</threadsafety>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to dispose.")]
internal sealed class ImageIndex(ImageFiles files, string path, Func<ImageId, CancellationToken, ValueTask<ImageConfig?>> read, ILogger logger)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ImageRecords _records = new();
    private readonly ImageIndexFile _file = new(path, logger);

    // Configs that could not be read: told to the log once, and not read again before they change.
    private readonly Dictionary<ImageId, FileStamp> _damaged = [];
    private volatile ImageSnapshot? _snapshot;
    private volatile ImageNames? _names;
    private bool _isFileRead;

    /// <summary>The images that are there now and were whole when they were read last.</summary>
    internal async ValueTask<ImageSnapshot> GetAsync(CancellationToken cancellationToken)
    {
        if (_snapshot is { } known && known.IsCurrent(files.ContentTime()))
            return known;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var time = files.ContentTime(); // before the listing: what comes later shows as a later time
            if (_snapshot is { } theirs && theirs.IsCurrent(time))
                return theirs;
            var listed = files.ListStamped().ToList();
            await LearnAsync(listed, cancellationToken).ConfigureAwait(false);
            var whole = new List<ConfigRecord>(listed.Count);
            var damaged = new List<ConfigRecord>();
            foreach (var (id, stamp) in listed)
            {
                if (_records.Configs.TryGetValue(id, out var record))
                    (record.Stamp == stamp ? whole : damaged).Add(record);
            }
            return _snapshot = new ImageSnapshot([.. whole], [.. damaged], whole.Count + damaged.Count < listed.Count, time);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The IDs of everything that looks like a config, in order. This alone costs no file's reading.</summary>
    internal ImageNames GetNames()
    {
        if (_names is { } known && known.IsCurrent(files.ContentTime()))
            return known;
        var time = files.ContentTime();
        return _names = new ImageNames(files.List(), time);
    }

    /// <summary>The images that have a parent, by what is noted now, whether the images are there or not.</summary>
    internal async ValueTask<Dictionary<ImageId, ImageId>> GetParentsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var parents = new Dictionary<ImageId, ImageId>();
            var learnt = new List<ParentRecord>();
            foreach (var (id, modified) in files.ListNotedStamped())
            {
                if (!_isFileRead)
                    await ReadFileAsync(cancellationToken).ConfigureAwait(false);
                if (!_records.Parents.TryGetValue(id, out var record) || record.Modified != modified.Ticks)
                {
                    record = new ParentRecord(id, modified.Ticks, await files.ReadParentAsync(id, logger, cancellationToken).ConfigureAwait(false));
                    // What was changed just now may change again without another time.
                    if (FileClock.IsSettled(modified))
                    {
                        _records.Add(record);
                        learnt.Add(record);
                    }
                }
                if (record.Parent is { } parent)
                    parents.Add(id, parent);
            }
            await SaveAsync([], learnt, cancellationToken).ConfigureAwait(false);
            return parents;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes what was just stored, which then need not be read.</summary>
    internal async ValueTask AddAsync(ImageConfig config, CancellationToken cancellationToken)
    {
        if (files.Stamp(config.Id) is not { } stamp)
            return;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (IsKnown(config.Id, stamp))
                return;
            var record = ConfigRecord.Of(config, stamp);
            _records.Add(record);
            await SaveAsync([record], [], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private bool IsKnown(ImageId id, FileStamp stamp) => _records.Configs.TryGetValue(id, out var record) && record.Stamp == stamp;

    private async ValueTask LearnAsync(List<(ImageId Id, FileStamp Stamp)> listed, CancellationToken cancellationToken)
    {
        // Another process may have learnt it first.
        if (listed.Exists(one => !IsKnown(one.Id, one.Stamp)))
            await ReadFileAsync(cancellationToken).ConfigureAwait(false);
        var learnt = new List<ConfigRecord>();
        foreach (var (id, stamp) in listed)
        {
            if (IsKnown(id, stamp) || (_damaged.TryGetValue(id, out var damaged) && damaged == stamp))
                continue;
            try
            {
                if (await read(id, cancellationToken).ConfigureAwait(false) is { } config)
                {
                    learnt.Add(ConfigRecord.Of(config, stamp));
                    _records.Add(learnt[^1]);
                }
            }
            catch (StorageException e) when (e.Kind is OciErrorKind.Corrupt or OciErrorKind.Forbidden)
            {
                logger.DamagedConfig(e, id);
                _damaged[id] = stamp;
            }
        }
        // Images come and go, and what is known of them stays: start anew when most of it is of the past.
        if (_file.Count > (2 * (listed.Count + _records.Parents.Count)) + 1000)
            await ReplaceFileAsync(listed, cancellationToken).ConfigureAwait(false);
        else
            await SaveAsync(learnt, [], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReadFileAsync(CancellationToken cancellationToken)
    {
        await _file.ReadAsync(_records, cancellationToken).ConfigureAwait(false);
        _isFileRead = true;
    }

    private async ValueTask SaveAsync(List<ConfigRecord> configs, List<ParentRecord> parents, CancellationToken cancellationToken)
    {
        if (configs.Count + parents.Count == 0)
            return;
        using var added = Write(configs, parents);
        await _file.AppendAsync(added, configs.Count + parents.Count, _records, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReplaceFileAsync(List<(ImageId Id, FileStamp Stamp)> listed, CancellationToken cancellationToken)
    {
        var there = listed.Select(one => one.Id).ToHashSet();
        foreach (var id in _records.Configs.Keys.Where(id => !there.Contains(id)).ToList())
            _records.Configs.Remove(id);
        var noted = files.ListNoted().ToHashSet();
        foreach (var id in _records.Parents.Keys.Where(id => !noted.Contains(id)).ToList())
            _records.Parents.Remove(id);
        using var all = Write(_records.Configs.Values, _records.Parents.Values);
        await _file.ReplaceAsync(all, _records.Configs.Count + _records.Parents.Count, cancellationToken).ConfigureAwait(false);
    }

    private static MemoryStream Write(IEnumerable<ConfigRecord> configs, IEnumerable<ParentRecord> parents)
    {
        var output = new MemoryStream();
        foreach (var record in configs)
            ImageRecordCodec.Write(output, record);
        foreach (var record in parents)
            ImageRecordCodec.Write(output, record);
        return output;
    }
}
