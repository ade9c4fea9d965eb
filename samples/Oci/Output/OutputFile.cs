using OciImages;

namespace Oci.Output;

/// <summary>Where an archive goes: a file, which has its name when it is whole, or standard output when that is no terminal.</summary>
internal static class OutputFile
{
    /// <summary>Writes an archive.</summary>
    /// <param name="path">The file; null, empty or <c>-</c> for standard output.</param>
    /// <param name="verb">What is done, for the message when standard output is a terminal.</param>
    /// <param name="write">Writes it.</param>
    public static async Task WriteAsync(string? path, string verb, Func<Stream, Task> write)
    {
        if (path is { Length: > 0 } && path != "-")
        {
            await WriteFileAsync(path, write);
            return;
        }
        if (!Console.IsOutputRedirected)
            throw new OciException(OciErrorKind.InvalidInput, $"Refusing to {verb} to a terminal: use -o FILE or redirect");
        await using var stream = Console.OpenStandardOutput();
        await write(stream);
    }

    // A failure leaves an older file as it was.
    private static async Task WriteFileAsync(string path, Func<Stream, Task> write)
    {
        if (IsSpecial(path))
        {
            await using var special = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            await write(special);
            return;
        }
        string unfinished = $"{path}.{Environment.ProcessId}.part";
        try
        {
            await using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous))
                await write(file);
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    // Pipes, devices and links stay what they are.
    private static bool IsSpecial(string path) =>
        new FileInfo(path) is { Exists: true } file && (file.LinkTarget is not null || (file.Attributes & FileAttributes.Device) != 0 || file.FullName.StartsWith("/dev/", StringComparison.Ordinal));
}
