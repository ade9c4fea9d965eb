using System.Text;
using System.Text.Json;
using OciImages.IO;

namespace OciImages.RegistryServer.Internal;

/// <summary>Reads and writes the small files of a file index.</summary>
internal static class IndexFile
{
    // A manifest's annotations may fill the manifest, and each of their characters may need six in JSON.
    private const int MaxLength = 32 << 20;
    private const int MaxTagFileLength = 256;

    /// <summary>Reads a manifest's record; null when there is none.</summary>
    internal static async ValueTask<RegistryManifest?> ReadManifestAsync(string path, CancellationToken cancellationToken)
    {
        if (await ReadAsync(path, MaxLength, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes, RegistryJson.Default.RegistryManifest) ?? throw Corrupt(path, null);
        }
        catch (JsonException e)
        {
            throw Corrupt(path, e);
        }
    }

    internal static ValueTask WriteManifestAsync(string path, RegistryManifest manifest, CancellationToken cancellationToken) =>
        DurableFile.WriteAsync(
            path, JsonSerializer.SerializeToUtf8Bytes(manifest, RegistryJson.Go.RegistryManifest), IndexPaths.PrivateFile, cancellationToken);

    /// <summary>Reads the digest that a tag's file holds; null when there is none.</summary>
    internal static async ValueTask<Digest?> ReadDigestAsync(string path, CancellationToken cancellationToken)
    {
        if (await ReadAsync(path, MaxTagFileLength, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return null;
        return Digest.TryParse(Encoding.ASCII.GetString(bytes).TrimEnd('\n'), out var digest) ? digest : throw Corrupt(path, null);
    }

    internal static ValueTask WriteDigestAsync(string path, Digest digest, CancellationToken cancellationToken) =>
        DurableFile.WriteAsync(path, Encoding.ASCII.GetBytes($"{digest}\n"), IndexPaths.PrivateFile, cancellationToken);

    /// <summary>Makes an empty file whose name says all, or gives it a new time. The name is on the disk afterwards, whoever made it.</summary>
    internal static void Mark(string path, DateTimeOffset time)
    {
        string folder = Path.GetDirectoryName(path)!;
        IndexPaths.Create(folder);
        try
        {
            using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            File.SetLastWriteTimeUtc(file, time.UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "write the file", path);
        }
        DurableFile.SyncDirectory(folder);
    }

    /// <summary>When a file was marked last; long ago when it is gone.</summary>
    internal static DateTimeOffset TimeOf(string path) => new(File.GetLastWriteTimeUtc(path));

    /// <summary>Deletes a file, durably.</summary>
    /// <returns>Whether it was there.</returns>
    internal static bool Delete(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the file", path);
        }
        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
        return true;
    }

    private static async ValueTask<byte[]?> ReadAsync(string path, int maxLength, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return null;
            if (file.Length > maxLength)
                throw Corrupt(path, null);
            return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // deleted meanwhile
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the file", path);
        }
    }

    private static StorageException Corrupt(string path, Exception? inner) =>
        new(OciErrorKind.Corrupt, $"The file {path} is not what this index writes.", path, inner);
}
