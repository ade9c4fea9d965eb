using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Layers.Internal.Overlay;

namespace OciImages.Layers;

/// <summary>Looks at and undoes mounts that were left in place with <see cref="Mount.Detach"/>, by whichever process.</summary>
[SupportedOSPlatform("linux")]
public static class MountPoint
{
    /// <summary>Whether something is mounted on a directory, as this process sees it.</summary>
    /// <param name="path">The directory; symbolic links in it are not followed.</param>
    /// <returns>Whether it is a mount point.</returns>
    public static bool IsMounted(string path)
    {
        string wanted = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        // proc(5), /proc/pid/mountinfo: the fifth field, with blanks and backslashes as octal escapes.
        return File.ReadLines("/proc/self/mountinfo").Any(line => Unescape(line.Split(' ', 6)[4]) == wanted);
    }

    /// <summary>Unmounts the topmost mount of a directory. A mount in use disappears now and goes when its last user does.</summary>
    /// <param name="path">The directory; symbolic links at its end are not followed.</param>
    /// <param name="logger">Is told of mounts in use; null for none.</param>
    /// <returns>Whether there was a mount.</returns>
    /// <exception cref="StorageException">The kernel refuses.</exception>
    public static bool TryUnmount(string path, ILogger? logger = null) =>
        new OverlayMounter(logger ?? NullLogger.Instance).TryUnmount(Path.GetFullPath(path));

    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        var text = new StringBuilder(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }
}
