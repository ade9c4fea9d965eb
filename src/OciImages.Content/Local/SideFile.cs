using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Reads the small JSON files beside the content.</summary>
internal static class SideFile
{
    /// <summary>Far more than labels or a lease need; a larger file is not ours.</summary>
    internal const int MaxLength = 4 << 20;

    /// <summary>Reads a file.</summary>
    /// <returns>The value, or null when there is no file.</returns>
    /// <exception cref="StorageException">It cannot be read, or is not what we write (<see cref="OciErrorKind.Corrupt"/>).</exception>
    internal static async ValueTask<T?> ReadAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => await ReadAsync(path, type, MaxLength, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc cref="ReadAsync{T}(string, JsonTypeInfo{T}, CancellationToken)"/>
    internal static async ValueTask<T?> ReadAsync<T>(
        string path, JsonTypeInfo<T> type, int maxLength, CancellationToken cancellationToken)
        where T : class
    {
        if (!DurableFile.Exists(path))
            return null;
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await using (file.ConfigureAwait(false))
            {
                if (file.Length > maxLength)
                    throw Corrupt(path, $"it has {file.Length} bytes");
                return await JsonSerializer.DeserializeAsync(file, type, cancellationToken).ConfigureAwait(false)
                    ?? throw Corrupt(path, "it is null");
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw Corrupt(path, e.Message.TrimEnd('.'), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the file", path);
        }
    }

    /// <summary>The names of the files in a folder; none when there is no folder.</summary>
    internal static IReadOnlyList<string> NamesIn(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).ToList();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the directory", folder);
        }
    }

    internal static StorageException Corrupt(string path, string why, Exception? inner = null) =>
        new(OciErrorKind.Corrupt, $"The file {path} is not what this store writes: {why}.", path, inner);
}
