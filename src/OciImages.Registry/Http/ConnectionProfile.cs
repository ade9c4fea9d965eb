namespace OciImages.Registry.Http;

/// <summary>What connections have in common that may be shared.</summary>
/// <param name="CertificateDirectory">Where the host's certificates are; null for the system's trust alone.</param>
/// <param name="AcceptsAnyCertificate">Whether the host's certificate is not verified.</param>
/// <param name="MustBePublic">Whether only public addresses are connected to.</param>
internal readonly record struct ConnectionProfile(string? CertificateDirectory, bool AcceptsAnyCertificate, bool MustBePublic);
