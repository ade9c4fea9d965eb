using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>The data file of an open ingest together with the running SHA-256 of what is in it.</summary>
internal sealed class IngestData : IDisposable
{
    // From here on the disk write goes to another thread while this one hashes; below, changing threads costs more than it gains.
    private const int OverlapLength = 32 << 10;
    private const int ReadLength = 256 << 10;

    private readonly SafeFileHandle _file;
    private Digester? _running;

    private IngestData(string path, SafeFileHandle file)
    {
        FilePath = path;
        _file = file;
    }

    internal string FilePath { get; }

    internal long Length { get; private set; }

    /// <summary>Opens the file, new or left by an earlier writer. Its length is the truth; whether its bytes are right is for commit to see.</summary>
    internal static async ValueTask<IngestData> OpenAsync(string path, CancellationToken cancellationToken)
    {
        IngestData? data = null;
        try
        {
            data = new IngestData(path, File.OpenHandle(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
            data.Length = RandomAccess.GetLength(data._file);
            data._running = await data.HashAsync(DigestAlgorithm.Sha256, cancellationToken).ConfigureAwait(false);
            return data;
        }
        catch (Exception e)
        {
            data?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw StorageException.From(e, "open the ingest", path);
            throw;
        }
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_file, bytes, Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "write the ingest", FilePath);
        }
        _running?.Append(bytes);
        Length += bytes.Length;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (bytes.Length < OverlapLength)
        {
            Write(bytes.Span);
            return;
        }
        try
        {
            // Once begun the write is not cancelled, so that the hash and the file agree.
            var write = RandomAccess.WriteAsync(_file, bytes, Length, CancellationToken.None);
            _running?.Append(bytes.Span);
            await write.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The hash has what the file has not; it is computed from the file when it is asked for.
            ForgetHash();
            if (e is IOException or UnauthorizedAccessException)
                throw StorageException.From(e, "write the ingest", FilePath);
            throw;
        }
        Length += bytes.Length;
    }

    /// <summary>The digest of the data: at once for SHA-256, by reading the file for another algorithm.</summary>
    internal async ValueTask<Digest> DigestAsync(DigestAlgorithm algorithm, CancellationToken cancellationToken)
    {
        if (_running is { } running && running.Algorithm == algorithm)
            return running.GetDigest();
        try
        {
            using var digester = await HashAsync(algorithm, cancellationToken).ConfigureAwait(false);
            return digester.GetDigest();
        }
        catch (IOException e)
        {
            throw StorageException.From(e, "read the ingest", FilePath);
        }
    }

    internal void Truncate()
    {
        try
        {
            RandomAccess.SetLength(_file, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "truncate the ingest", FilePath);
        }
        ForgetHash();
        Length = 0;
        _running = DigestAlgorithm.Sha256.CreateDigester();
    }

    internal Stream OpenRead()
    {
        try
        {
            // A failed write may have left bytes behind the end.
            RandomAccess.SetLength(_file, Length);
            return new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the ingest", FilePath);
        }
    }

    /// <summary>Gives the file its final length and time; <see cref="Sync"/> makes both durable.</summary>
    internal void Seal(DateTimeOffset time)
    {
        try
        {
            RandomAccess.SetLength(_file, Length);
            File.SetLastWriteTimeUtc(_file, time.UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "finish the ingest", FilePath);
        }
    }

    internal void Sync() => DurableFile.Sync(_file, FilePath);

    /// <summary>Takes everybody's right to write, under whatever name the file has by now. It only guards against accidents.</summary>
    internal void ProtectBestEffort()
    {
        if (OperatingSystem.IsWindows())
            return; // the read-only attribute would keep it from being deleted
        try
        {
            File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        ForgetHash();
    }

    private async ValueTask<Digester> HashAsync(DigestAlgorithm algorithm, CancellationToken cancellationToken)
    {
        var digester = algorithm.CreateDigester();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Length == 0 ? 0 : ReadLength);
        try
        {
            while (digester.Length < Length)
            {
                int wanted = (int)Math.Min(buffer.Length, Length - digester.Length);
                int read = await RandomAccess.ReadAsync(_file, buffer.AsMemory(0, wanted), digester.Length, cancellationToken)
                    .ConfigureAwait(false);
                if (read == 0)
                    throw new EndOfStreamException("It has become shorter than what was written");
                digester.Append(buffer.AsSpan(0, read));
            }
            return digester;
        }
        catch
        {
            digester.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ForgetHash()
    {
        _running?.Dispose();
        _running = null;
    }
}
