using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OciImages.IO;
using OciImages.Roots;

namespace OciImages.Checks.Internal;

/// <summary>
/// Looks for records of blobs that cannot be read. They are hints: one that is lost costs a transfer, and of layers that are gone they stay, as
/// Docker has it.
/// </summary>
internal sealed class DistributionCheck(ImageRoot root, bool repair)
{
    private const long MaxLength = 1 << 20;

    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string folder in (string[])["diffid-by-digest", "v2metadata-by-diffid"])
        {
            foreach (string path in Files(Path.Combine(root.Distribution.Root, folder)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                bool isDigest = folder == "diffid-by-digest";
                if (await FindProblemAsync(path, isDigest, cancellationToken).ConfigureAwait(false) is not { } problem)
                    continue;
                yield return new StoreFinding("distribution", path, problem, StoreFindingSeverity.Inconsistent, "The file is deleted.")
                    with { IsRepaired = repair && Delete(path) };
            }
        }
    }

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !Path.GetFileName(path).StartsWith('.'))
        : [];

    // Others replace a file as a whole: what is read is one version or the other.
    private static async ValueTask<string?> FindProblemAsync(string path, bool isDigest, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse($"{Path.GetFileName(Path.GetDirectoryName(path))}:{Path.GetFileName(path)}", out _))
            return "The file is not named after a digest.";
        byte[] bytes;
        try
        {
            if (new FileInfo(path).Length > MaxLength)
                return $"The record has more than {MaxLength} bytes.";
            bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the file", path);
        }
        if (isDigest)
            return Digest.TryParse(Encoding.UTF8.GetString(bytes).Trim(), out _) ? null : "The record holds no DiffID.";
        return IsListOfSources(bytes) ? null : "The record is no list of blobs.";
    }

    private static bool IsListOfSources(byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.ValueKind == JsonValueKind.Array && json.RootElement.EnumerateArray().All(source =>
                source.ValueKind == JsonValueKind.Object
                && source.TryGetProperty("Digest", out var digest) && digest.ValueKind == JsonValueKind.String && Digest.TryParse(digest.GetString(), out _)
                && source.TryGetProperty("SourceRepository", out var repository) && repository.ValueKind == JsonValueKind.String);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter for strings that are no text
        {
            return false;
        }
    }

    private static bool Delete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the file", path);
        }
    }
}
