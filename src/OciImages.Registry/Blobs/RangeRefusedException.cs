using OciImages.Registry.Http;

namespace OciImages.Registry.Blobs;

/// <summary>A range was not answered with that range: the blob must be read as a whole.</summary>
/// <param name="host">Who did not: the registry or a mirror.</param>
internal sealed class RangeRefusedException(RegistryDomain host) : Exception("The registry does not serve ranges.")
{
    /// <summary>Who did not: the registry or a mirror.</summary>
    public RegistryDomain Host => host;
}
