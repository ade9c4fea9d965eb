using System.Security.Cryptography;
using OciImages.IO;

namespace OciImages.Layers.Internal;

/// <summary>
/// A name for what a process leaves in a shared directory as long as it works on it, and the proof that the process lives: a lock on
/// <c>&lt;name&gt;.lock</c>, which the kernel releases however the process ends. Process numbers would prove nothing across containers.
/// </summary>
internal sealed class Session : IDisposable
{
    private const int NameLength = 16;
    private readonly string _path;
    private readonly FileLock _lock;

    private Session(string name, string path, FileLock held)
    {
        Name = name;
        _path = path;
        _lock = held;
    }

    /// <summary>16 hexadecimal characters; starts the names of what belongs to the session.</summary>
    internal string Name { get; }

    /// <summary>Starts a session in a directory.</summary>
    internal static Session Start(string directory)
    {
        while (true)
        {
            string name = RandomNumberGenerator.GetHexString(NameLength, lowercase: true);
            string path = PathOf(directory, name);
            var held = FileLock.TryAcquire(path);
            // Whoever sweeps may have taken the file for a dead one's in the moment before it was locked.
            if (held is not null && File.Exists(path))
                return new Session(name, path, held);
            held?.Dispose();
        }
    }

    /// <summary>Whether the process that started a session has ended.</summary>
    internal static bool IsDead(string directory, ReadOnlySpan<char> name)
    {
        string path = PathOf(directory, name);
        if (!File.Exists(path))
            return true; // the lock file is made first and deleted last
        using var held = FileLock.TryAcquire(path);
        return held is not null;
    }

    /// <summary>Deletes the lock files of ended sessions. To be called when what belonged to them is gone.</summary>
    internal static void Forget(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory, "*.lock"))
        {
            using var held = Path.GetFileName(path).Length == NameLength + ".lock".Length ? FileLock.TryAcquire(path) : null;
            if (held is not null)
                Delete(path, held);
        }
    }

    /// <summary>Splits <c>name-rest</c>.</summary>
    internal static bool TrySplit(ReadOnlySpan<char> text, out ReadOnlySpan<char> name, out ReadOnlySpan<char> rest)
    {
        name = rest = default;
        if (text.Length <= NameLength + 1 || text[NameLength] != '-' || text[..NameLength].ContainsAnyExcept(LayerId.LowerHex))
            return false;
        name = text[..NameLength];
        rest = text[(NameLength + 1)..];
        return true;
    }

    /// <summary>Ends the session; nothing of it may be left.</summary>
    public void Dispose()
    {
        Delete(_path, _lock);
        _lock.Dispose();
    }

    // The lock is held meanwhile, so that nobody takes it on a file that has no name any more; Windows deletes no file that is open.
    private static void Delete(string path, FileLock held)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                held.Dispose();
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start finds that nobody holds the lock.
        }
    }

    private static string PathOf(string directory, ReadOnlySpan<char> name) => Path.Combine(directory, $"{name}.lock");
}
