namespace OciImages.Registry.Http;

/// <summary>Compares and prints URLs.</summary>
internal static class Origin
{
    /// <summary>Whether scheme, host and port are equal.</summary>
    public static bool AreSame(Uri left, Uri right) =>
        left.Scheme == right.Scheme
        && left.Port == right.Port
        && string.Equals(left.IdnHost, right.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Where an answer leads that came by TLS. Registries behind a proxy that ends TLS, and does not tell them so, name their own host and port with
    /// plain HTTP: what is meant is the place that was just spoken to, and what goes there stays encrypted.
    /// </summary>
    public static Uri KeepTls(Uri from, Uri to)
    {
        bool isItself = from.Scheme == Uri.UriSchemeHttps && to.Scheme == Uri.UriSchemeHttp
            && string.Equals(from.IdnHost, to.IdnHost, StringComparison.OrdinalIgnoreCase)
            && (from.Port == to.Port || (from.IsDefaultPort && to.IsDefaultPort));
        return isItself ? new UriBuilder(to) { Scheme = Uri.UriSchemeHttps, Port = from.Port }.Uri : to;
    }

    /// <summary>A URL as logs and messages may show it: queries carry signatures and user parts carry passwords.</summary>
    public static string Redact(Uri url) =>
        $"{url.Scheme}://{url.Authority}{PlainText.Clean(url.AbsolutePath, 300)}{(url.Query.Length > 1 ? "?…" : "")}";
}
