namespace OciImages.Registry.Http;

/// <summary>A connection that must not be made; turned into a <see cref="RegistryException"/> where the request is known.</summary>
internal sealed class BlockedAddressException(string message) : Exception(message);
