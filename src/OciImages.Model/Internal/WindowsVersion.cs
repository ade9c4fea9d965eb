using System.Globalization;

namespace OciImages.Internal;

/// <summary>
/// A version of Windows, and which containers it runs. Follows containerd/platforms and Microsoft's version compatibility table.
/// </summary>
internal readonly record struct WindowsVersion(byte Major, byte Minor, ushort Build, uint Revision) : IComparable<WindowsVersion>
{
    // Windows Server 2022 and 2025: from the first on, a host runs the containers of the release before its own, too.
    private const ushort FirstStableBuild = 20348;
    private static readonly ushort[] LongTermBuilds = [FirstStableBuild, 26100];

    internal bool IsEmpty => Major == 0 && Minor == 0 && Build == 0;

    // What is no version is the empty one, which no host but the unknown one runs.
    internal static WindowsVersion Parse(string? text)
    {
        string[] parts = (text ?? "").Split('.', 5);
        if (parts.Length < 3
            || !byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte major)
            || !byte.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out byte minor)
            || !ushort.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out ushort build))
        {
            return default;
        }
        uint revision = 0;
        if (parts.Length > 3)
            _ = uint.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out revision);
        return new WindowsVersion(major, minor, build, revision);
    }

    internal bool CanRun(WindowsVersion container)
    {
        if ((Major, Minor) != (container.Major, container.Minor))
            return false;
        if (Build < FirstStableBuild)
            return Build == container.Build;
        ushort earliest = FirstStableBuild;
        foreach (ushort build in LongTermBuilds)
        {
            if (build < Build)
                earliest = build;
        }
        return earliest <= container.Build && container.Build <= Build;
    }

    public int CompareTo(WindowsVersion other) =>
        (Major, Minor, Build, Revision).CompareTo((other.Major, other.Minor, other.Build, other.Revision));
}
