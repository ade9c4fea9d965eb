namespace OciImages.Registry.Auth;

/// <summary>The credential helper that Docker takes where its configuration says nothing about credentials.</summary>
internal static class DefaultStore
{
    /// <summary>Looks for it in <c>PATH</c>.</summary>
    /// <returns>Its name after <c>docker-credential-</c>; null when it is not installed.</returns>
    public static string? Find()
    {
        string name = OperatingSystem.IsWindows() ? "wincred"
            : OperatingSystem.IsMacOS() ? "osxkeychain"
            // Docker asks for the program behind the helper, too: whoever has it uses it, and no other.
            : HelperProcess.Find("pass") is not null ? "pass"
            : "secretservice";
        return HelperProcess.Find($"docker-credential-{name}") is null ? null : name;
    }
}
