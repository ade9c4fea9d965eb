namespace OciImages.Registry.Http;

/// <summary>Says which headers a user may add to requests.</summary>
internal static class ExtraHeaders
{
    private static readonly string[] OwnNames =
        ["Accept", "Accept-Encoding", "Authorization", "Connection", "Cookie", "Expect", "Host", "Range", "TE", "Transfer-Encoding", "Upgrade", "User-Agent"];

    /// <summary>
    /// Whether a header may be sent. What authorizes, frames or addresses a request is the client's own; a line break in a value would be
    /// another header.
    /// </summary>
    public static bool Allows(string name, string value) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
        && !OwnNames.Contains(name, StringComparer.OrdinalIgnoreCase)
        && !value.AsSpan().ContainsAnyInRange('\0', '\u001f');
}
