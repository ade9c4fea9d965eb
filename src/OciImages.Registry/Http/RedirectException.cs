namespace OciImages.Registry.Http;

/// <summary>A redirect that must not be followed; turned into a <see cref="RegistryException"/> where the request is known.</summary>
internal sealed class RedirectException(string message) : Exception(message);
