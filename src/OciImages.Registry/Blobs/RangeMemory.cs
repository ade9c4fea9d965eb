using System.Collections.Concurrent;
using OciImages.Registry.Http;

namespace OciImages.Registry.Blobs;

/// <summary>Which registries proved not to serve ranges: they are not asked for several at once again.</summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class RangeMemory
{
    private const int MaxRegistries = 1024;

    private readonly ConcurrentDictionary<string, bool> _broken = new();

    public bool AreBroken(RegistryDomain registry) => _broken.ContainsKey(registry.Name);

    public void Broke(RegistryDomain registry)
    {
        if (_broken.Count >= MaxRegistries)
            _broken.Clear();
        _broken[registry.Name] = true;
    }
}
