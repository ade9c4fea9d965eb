using System.Runtime.InteropServices;

namespace OciImages.Internal;

/// <summary>What this machine is, in the words of image indexes.</summary>
internal static class HostPlatform
{
    internal static Platform Detect()
    {
        string os = OperatingSystem.IsLinux() ? "linux"
            : OperatingSystem.IsWindows() ? "windows"
            : OperatingSystem.IsMacOS() ? "darwin"
            : OperatingSystem.IsFreeBSD() ? "freebsd"
            : OperatingSystem.IsAndroid() ? "android"
            : OperatingSystem.IsIOS() ? "ios"
            : "js";
        // The kernel's architecture, not the process': it runs the images.
        var (architecture, variant) = RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => ("amd64", null),
            System.Runtime.InteropServices.Architecture.X86 => ("386", null),
            System.Runtime.InteropServices.Architecture.Arm64 => ("arm64", "v8"),
            System.Runtime.InteropServices.Architecture.Arm => ("arm", "v7"),
            System.Runtime.InteropServices.Architecture.Armv6 => ("arm", "v6"),
            System.Runtime.InteropServices.Architecture.LoongArch64 => ("loong64", null),
            System.Runtime.InteropServices.Architecture.Wasm => ("wasm", null),
            var other => (other.ToString().ToLowerInvariant(), (string?)null), // s390x, ppc64le, riscv64
        };
        var version = Environment.OSVersion.Version;
        return new Platform(os, architecture, variant)
        {
            OsVersion = os == "windows" ? $"{version.Major}.{version.Minor}.{version.Build}" : null,
        };
    }
}
