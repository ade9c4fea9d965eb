using System.IO.Enumeration;

namespace OciImages.Images.Internal;

/// <summary>Folders whose entries are named by the hexadecimal of an image ID. Other names are passed over.</summary>
internal static class DigestNames
{
    internal delegate T Select<T>(ref FileSystemEntry entry, ImageId id);

    /// <summary>Lists such entries; none when there is no folder.</summary>
    /// <exception cref="StorageException">The folder cannot be read.</exception>
    internal static IEnumerable<T> List<T>(string folder, bool isDirectory, Select<T> select)
    {
        var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        try
        {
            // The folder is opened here, not at the first entry.
            return new FileSystemEnumerable<T>(folder, (ref entry) => select(ref entry, Parse(entry.FileName)), options)
            {
                ShouldIncludePredicate = (ref entry) => !Parse(entry.FileName).IsEmpty && entry.IsDirectory == isDirectory,
            };
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the folder", folder);
        }
    }

    private static ImageId Parse(ReadOnlySpan<char> name)
    {
        if (name.Length != DigestAlgorithm.Sha256.HexLength)
            return default;
        Span<char> text = stackalloc char[DigestAlgorithm.Sha256.Name.Length + 1 + name.Length];
        text.TryWrite($"{DigestAlgorithm.Sha256.Name}:{name}", out _);
        return Digest.TryParse(text, out var digest) ? new ImageId(digest) : default;
    }
}
