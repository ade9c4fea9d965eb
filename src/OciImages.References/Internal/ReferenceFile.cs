using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OciImages.IO;

namespace OciImages.References.Internal;

/// <summary>The file, and what it held when it was read last.</summary>
internal sealed class ReferenceFile(string path, ILogger logger)
{
    private const long MaxLength = 256 << 20;
    private const int CompareLength = 256 << 10;

    private volatile Snapshot? _snapshot;

    /// <summary>What the file has now.</summary>
    internal async ValueTask<ReferenceTable> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var known = _snapshot;
        if (known is { IsSettled: true } && known.Stamp == StampOf(new FileInfo(path)))
            return known.Table;
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await using (file.ConfigureAwait(false))
            {
                var stamp = new Stamp(File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length);
                // Two writes within one tick of the file system's clock can leave equal time and length: until that cannot be any more the
                // file is read again, as git does with its index.
                bool settled = FileClock.IsSettled(stamp.Time);
                if (known?.Content is { } content && await IsAsync(file, content, cancellationToken).ConfigureAwait(false))
                {
                    _snapshot = known with { Stamp = stamp, IsSettled = settled };
                    return known.Table;
                }
                byte[] changed = await ReadAsync(file, cancellationToken).ConfigureAwait(false);
                var table = Parse(changed);
                _snapshot = new Snapshot(table, changed, stamp, settled);
                return table;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            var empty = ReferenceTable.Empty(Report);
            _snapshot = new Snapshot(empty, null, null, IsSettled: true);
            return empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the references", path);
        }
    }

    /// <summary>Replaces the file; the caller holds the lock.</summary>
    internal async ValueTask WriteAsync(ReferenceTable table, UnixFileMode mode, CancellationToken cancellationToken)
    {
        var content = table.ToJson();
        await DurableFile.WriteAsync(path, content, mode, cancellationToken).ConfigureAwait(false);
        // A dockerd, which knows no lock of ours, may have written since: the next read looks, and need not parse if it has not.
        _snapshot = new Snapshot(table, content, null, IsSettled: false);
    }

    // Without keeping what is read: within a tick of the last change that is every read.
    private static async ValueTask<bool> IsAsync(FileStream file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (file.Length != content.Length)
            return false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CompareLength);
        try
        {
            while (!content.IsEmpty)
            {
                int read = await file.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, content.Length)), cancellationToken).ConfigureAwait(false);
                if (read == 0 || !content.Span.StartsWith(buffer.AsSpan(0, read)))
                    return false;
                content = content[read..];
            }
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<byte[]> ReadAsync(FileStream file, CancellationToken cancellationToken)
    {
        if (file.Length > MaxLength)
            throw Corrupt($"it has {file.Length} bytes");
        file.Position = 0;
        byte[] content = new byte[file.Length];
        await file.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
        return content;
    }

    private ReferenceTable Parse(byte[] content)
    {
        try
        {
            return ReferenceTable.Parse(content, Report);
        }
        // The latter comes of strings that are no Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Corrupt(e.Message.TrimEnd('.'), e);
        }
    }

    private void Report(string entry) => logger.EntryNotUnderstood(path, entry);

    private StorageException Corrupt(string why, Exception? inner = null) =>
        new(OciErrorKind.Corrupt, $"The reference store {path} is damaged and is left as it is: {why}.", path, inner);

    private static Stamp? StampOf(FileInfo file)
    {
        if (file.Exists)
            return new Stamp(file.LastWriteTimeUtc, file.Length);
        // What may not be looked at is not absent, and what came just now is to be read.
        return DurableFile.Exists(file.FullName) ? new Stamp(default, -1) : null;
    }

    private sealed record Stamp(DateTime Time, long Length);

    // The content is null where there is no file, which an empty one is not.
    private sealed record Snapshot(ReferenceTable Table, ReadOnlyMemory<byte>? Content, Stamp? Stamp, bool IsSettled);
}
