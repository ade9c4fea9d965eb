namespace OciImages.Registry;

/// <summary>One error of a registry's error body. OCI distribution specification, "Error Codes".</summary>
/// <param name="Code">The code, such as <c>MANIFEST_UNKNOWN</c>; empty when there is none.</param>
/// <param name="Message">What the registry says; shortened, control characters removed.</param>
public sealed record RegistryError(string Code, string Message);
