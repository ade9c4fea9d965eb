namespace OciImages.Internal;

/// <summary>The names of systems and architectures, and which of them mean the same; as containerd/platforms has it.</summary>
internal static class PlatformNames
{
    internal static bool IsKnownOs(string os) => os
        is "aix" or "android" or "darwin" or "dragonfly" or "freebsd" or "hurd" or "illumos" or "ios" or "js" or "linux" or "nacl"
        or "netbsd" or "openbsd" or "plan9" or "solaris" or "windows" or "zos";

    internal static bool IsKnownArchitecture(string architecture) => architecture
        is "386" or "amd64" or "amd64p32" or "arm" or "armbe" or "arm64" or "arm64be" or "ppc64" or "ppc64le" or "loong64" or "mips"
        or "mipsle" or "mips64" or "mips64le" or "mips64p32" or "mips64p32le" or "ppc" or "riscv" or "riscv64" or "s390" or "s390x"
        or "sparc" or "sparc64" or "wasm";

    internal static string NormalizeOs(string os) => os.ToLowerInvariant() switch
    {
        "" => Platform.Current.Os,
        "macos" => "darwin",
        var other => other,
    };

    internal static (string Architecture, string Variant) Normalize(string architecture, string variant)
    {
        architecture = architecture.ToLowerInvariant();
        variant = variant.ToLowerInvariant();
        return (architecture, variant) switch
        {
            ("i386", _) => ("386", ""),
            ("x86_64" or "x86-64" or "amd64", _) => ("amd64", variant == "v1" ? "" : variant),
            ("aarch64" or "arm64", "8" or "v8" or "v8.0") => ("arm64", ""),
            ("aarch64" or "arm64", "9" or "9.0" or "v9.0") => ("arm64", "v9"),
            ("aarch64", _) => ("arm64", variant),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "" or "7") => ("arm", "v7"),
            ("arm", "5" or "6" or "8") => ("arm", "v" + variant),
            _ => (architecture, variant),
        };
    }
}
