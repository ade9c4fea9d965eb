namespace OciImages.Registry.Http;

/// <summary>Compares and prints URLs.</summary>
internal static class Origin
{
    /// <summary>Whether scheme, host and port are equal.</summary>
    public static bool AreSame(Uri left, Uri right) =>
        left.Scheme == right.Scheme
        && left.Port == right.Port
        && string.Equals(left.IdnHost, right.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>A URL as logs and messages may show it: queries carry signatures and user parts carry passwords.</summary>
    public static string Redact(Uri url) =>
        $"{url.Scheme}://{url.Authority}{PlainText.Clean(url.AbsolutePath, 300)}{(url.Query.Length > 1 ? "?…" : "")}";
}
