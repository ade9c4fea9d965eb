namespace OciImages.RegistryServer.Auth;

/// <summary>Text that goes between the quotes of a challenge.</summary>
internal static class ChallengeText
{
    internal static string Check(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        return text.Any(c => c is '"' or '\\' or < ' ' or > '~')
            ? throw new ArgumentException("It has quotes, backslashes, control characters or characters beyond ASCII.", nameof(text))
            : text;
    }
}
