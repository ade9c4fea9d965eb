using System.Net;

namespace OciImages.Registry.Http;

/// <summary>A list of hosts as users write it: <c>host:port</c>, <c>host</c> for every port, or a network of literal addresses.</summary>
internal sealed class HostList
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<IPNetwork> _networks = [];

    /// <summary>Parses a list.</summary>
    /// <exception cref="ArgumentException">An entry is none of the three.</exception>
    public HostList(IEnumerable<string> entries, string optionName)
    {
        foreach (string entry in entries)
        {
            if (IPNetwork.TryParse(entry, out var network))
                _networks.Add(network);
            else
                _names.Add(NameOf(entry, optionName));
        }
    }

    /// <summary>Whether the list holds the host of a URL.</summary>
    public bool Contains(Uri url)
    {
        if (_names.Contains(url.Host) || _names.Contains($"{url.Host}:{url.Port}"))
            return true;
        return _networks.Count > 0
            && PrivateAddresses.TryParse(url.Host, out var address)
            && _networks.Exists(network => network.Contains(address));
    }

    /// <summary>Whether a network of the list holds an address.</summary>
    public bool Contains(IPAddress address)
    {
        var actual = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _networks.Exists(network => network.Contains(actual));
    }

    private static string NameOf(string entry, string optionName)
    {
        try
        {
            return RegistryDomain.Parse(entry).Authority;
        }
        catch (OciException e)
        {
            throw new ArgumentException($"{optionName}: {e.Message}", optionName, e);
        }
    }
}
