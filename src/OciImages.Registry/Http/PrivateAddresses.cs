using System.Net;

namespace OciImages.Registry.Http;

/// <summary>Tells hosts of the public internet from loopback, private and link-local ones, by their literal address or name.</summary>
internal static class PrivateAddresses
{
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    private static readonly IPNetwork[] Networks =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "224.0.0.0/3",
            // Azure gives every machine its secrets here.
            "168.63.129.16/32",
            // The old ways to write an IPv4 address within IPv6, and those by which one is reached through a tunnel.
            "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
            "100::/64", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    /// <summary>Whether a host of a URL is this machine.</summary>
    public static bool IsLoopback(string host) =>
        IsLocalhost(host) || (TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Whether a host of a URL is an address, or a name, that the public internet does not have. Other names are not looked up.</summary>
    public static bool Contains(string host) =>
        IsLocalhost(host) || (TryParse(host, out var address) && Contains(address));

    /// <summary>Whether the public internet does not have an address.</summary>
    public static bool Contains(IPAddress address)
    {
        var actual = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        // Behind NAT64 every host of the old internet has such an address, private ones too (RFC 6052).
        if (Nat64.Contains(actual))
            actual = new IPAddress(actual.GetAddressBytes()[12..]);
        return Array.Exists(Networks, network => network.Contains(actual));
    }

    /// <summary>Parses a literal address as it stands in a URL; an IPv4 address within IPv6 comes out as IPv4.</summary>
    public static bool TryParse(string host, out IPAddress address)
    {
        if (!IPAddress.TryParse(host.AsSpan().Trim("[]"), out var parsed))
        {
            address = IPAddress.None;
            return false;
        }
        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }

    private static bool IsLocalhost(string host)
    {
        var name = host.AsSpan().TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }
}
