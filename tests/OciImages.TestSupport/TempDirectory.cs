using System.Diagnostics;

namespace OciImages.TestSupport;

/// <summary>A directory of its own for one test, removed at the end.</summary>
public sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("oci-test-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
        catch (IOException) when (!OperatingSystem.IsWindows())
        {
            // The BCL cannot delete names that are not UTF-8, which layers hold.
            using var remove = Process.Start("rm", ["-rf", "--one-file-system", Path]);
            remove.WaitForExit();
        }
    }
}
