using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OciImages.IO;

namespace OciImages.Images.Internal;

/// <summary>
/// A file of records that are only added, so that a process reads once what another learnt. It is a cache: it is not synced, what is
/// damaged of it ends what is read, and when it cannot be read or written, work goes on without it. Not thread-safe.
/// </summary>
internal sealed class ImageIndexFile(string path, ILogger logger)
{
    private const int HeaderLength = 16;
    private const int MaxLength = 256 << 20;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Which making of the file was read, and how far.
    private ulong _generation;
    private long _read;

    private static ReadOnlySpan<byte> Magic => "OCI-IMG\x01"u8;

    /// <summary>How many records the file has, as far as it was read.</summary>
    internal int Count { get; private set; }

    /// <summary>Reads what was added since the last time.</summary>
    internal async ValueTask ReadAsync(ImageRecords records, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(path, System.IO.FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await using (file.ConfigureAwait(false))
                await ReadAsync(file, records, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            _read = 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.IndexNotRead(e, path);
        }
    }

    /// <summary>Adds records, if no other process is just doing so.</summary>
    internal async ValueTask AppendAsync(Stream added, int count, ImageRecords records, CancellationToken cancellationToken)
    {
        try
        {
            using var hold = FileLock.TryAcquire(path + ".lock");
            if (hold is null)
                return;
            var file = OpenForWriting();
            await using (file.ConfigureAwait(false))
            {
                if (!await ReadAsync(file, records, cancellationToken).ConfigureAwait(false))
                    await BeginAsync(file, cancellationToken).ConfigureAwait(false);
                // Behind it is what a writer left that was killed.
                file.SetLength(_read);
                file.Position = _read;
                added.Position = 0;
                await added.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
                _read = file.Position;
                Count += count;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StorageException)
        {
            logger.IndexNotWritten(e, path);
        }
    }

    /// <summary>Replaces the file, if no other process is just writing it.</summary>
    internal async ValueTask ReplaceAsync(Stream all, int count, CancellationToken cancellationToken)
    {
        try
        {
            using var hold = FileLock.TryAcquire(path + ".lock");
            if (hold is null)
                return;
            // In place: what a kill leaves of it is whole up to there, and is less to read than all configs.
            var file = OpenForWriting();
            await using (file.ConfigureAwait(false))
            {
                await BeginAsync(file, cancellationToken).ConfigureAwait(false);
                all.Position = 0;
                await all.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
                (_read, Count) = (file.Position, count);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StorageException)
        {
            logger.IndexNotWritten(e, path);
        }
    }

    private FileStream OpenForWriting()
    {
        var options = new FileStreamOptions
        {
            Mode = System.IO.FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode;
        return new FileStream(path, options);
    }

    /// <returns>Whether it is an index.</returns>
    private async ValueTask<bool> ReadAsync(FileStream file, ImageRecords records, CancellationToken cancellationToken)
    {
        byte[] header = new byte[HeaderLength];
        int length = await file.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (length < HeaderLength || !header.AsSpan().StartsWith(Magic) || file.Length > MaxLength)
        {
            if (length > 0)
                logger.IndexDamaged(path);
            return false;
        }
        ulong generation = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(Magic.Length));
        if (generation != _generation || _read < HeaderLength || file.Length < _read)
            (_generation, _read, Count) = (generation, HeaderLength, 0);
        file.Position = _read;
        byte[] bytes = new byte[file.Length - _read];
        int read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < bytes.Length)
            Array.Resize(ref bytes, read);
        var (whole, count) = ImageRecordCodec.Read(bytes, records);
        _read += whole;
        Count += count;
        return true;
    }

    private async ValueTask BeginAsync(FileStream file, CancellationToken cancellationToken)
    {
        byte[] header = new byte[HeaderLength];
        _generation = WriteHeader(header);
        file.SetLength(0);
        file.Position = 0;
        await file.WriteAsync(header, cancellationToken).ConfigureAwait(false);
        _read = HeaderLength;
        Count = 0;
    }

    private static ulong WriteHeader(Span<byte> header)
    {
        Magic.CopyTo(header);
        RandomNumberGenerator.Fill(header[Magic.Length..HeaderLength]);
        return BinaryPrimitives.ReadUInt64LittleEndian(header[Magic.Length..]);
    }
}
