namespace OciImages.Registry.Auth;

/// <summary>Reads a file that holds credentials, as a whole and within bounds.</summary>
internal static class CredentialFile
{
    public const int MaxSize = 4 * 1024 * 1024;

    /// <summary>Reads a file.</summary>
    /// <returns>Its bytes, or null when it is not there.</returns>
    /// <exception cref="OciException">It is too large (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    /// <exception cref="StorageException">It is there but cannot be read.</exception>
    public static async Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, useAsync: true);
            await using (file.ConfigureAwait(false))
            {
                if (file.Length > MaxSize)
                    throw new OciException(OciErrorKind.InvalidInput, $"{path} is larger than the {MaxSize} bytes that a file of credentials may have.");
                byte[] bytes = new byte[file.Length];
                int count = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                return bytes[..count];
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the credentials", path);
        }
    }
}
