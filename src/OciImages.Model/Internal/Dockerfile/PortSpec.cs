using System.Globalization;

namespace OciImages.Internal.Dockerfile;

/// <summary>Ports of <c>EXPOSE</c>: <c>80</c>, <c>53/udp</c>, <c>8000-8010/tcp</c>; a host's address and port before them are read and left out.</summary>
internal static class PortSpec
{
    internal static IEnumerable<string> Read(string text)
    {
        int slash = text.LastIndexOf('/');
        string protocol = slash < 0 || slash + 1 == text.Length ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        string ports = slash < 0 ? text : text[..slash];
        string container = ports[(ports.LastIndexOf(':') + 1)..];
        if (container.Length == 0)
            throw DockerfileError.Of($"No port specified: {text}<empty>");
        var (first, last) = Range(container) ?? throw DockerfileError.Of($"Invalid containerPort: {container}");
        if (protocol is not ("tcp" or "udp" or "sctp"))
            throw DockerfileError.Of($"Invalid proto: {protocol}");
        for (int port = first; port <= last; port++)
            yield return string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}");
    }

    private static (int First, int Last)? Range(string text)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        return TryPort(dash < 0 ? text : text[..dash], out int first) && TryPort(dash < 0 ? text : text[(dash + 1)..], out int last) && first <= last
            ? (first, last)
            : null;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;
}
