using System.Collections.Concurrent;
using OciImages.Registry.Http;

namespace OciImages.Registry.Blobs;

/// <summary>Which registries and mirrors proved not to serve ranges: they are not asked for several at once again.</summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class RangeMemory
{
    private const int MaxHosts = 1024;

    private readonly ConcurrentDictionary<string, bool> _broken = new();

    public bool AreBroken(RegistryDomain host) => _broken.ContainsKey(host.Name);

    public void Broke(RegistryDomain host)
    {
        if (_broken.Count >= MaxHosts)
            _broken.Clear();
        _broken[host.Name] = true;
    }
}
