namespace OciImages.Layers.Internal.Linux;

/// <summary>Whether the process's root is not the machine's.</summary>
internal static class UserNamespace
{
    /// <summary>True unless the process sees all user numbers as they are.</summary>
    internal static bool IsInside { get; } = Detect();

    private static bool Detect()
    {
        try
        {
            string[] words = File.ReadAllText("/proc/self/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return words is not ["0", "0", "4294967295"];
        }
        catch (IOException)
        {
            return false; // a kernel without user namespaces has no such file
        }
    }
}
