using Xunit;

namespace OciImages.TestSupport;

/// <summary>The real programs that tests talk to. test.sh installs them where it may.</summary>
public static class Peers
{
    private static readonly string[] Folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin"];

    /// <summary>The path of a program. Without it the test is skipped; with CI=true it fails instead.</summary>
    public static string Require(string program) =>
        Find(program) ?? Missing($"{program} is not installed: ./test.sh installs it where it may");

    /// <summary>The path of a program that not every system's archive has; null when it is not installed.</summary>
    public static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Skips the test (with CI=true: fails it) unless it runs as root.</summary>
    public static void RequireRoot()
    {
        if (!Environment.IsPrivilegedProcess)
            Missing("it needs root");
    }

    /// <summary>Skips the test (with CI=true: fails it) for want of something.</summary>
    public static string Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail($"With CI=true nothing is skipped, but {reason}.");
        Assert.Skip(reason);
        return "";
    }
}
