namespace OciImages.Registry.Blobs;

/// <summary>A range was not answered with that range: the blob must be read as a whole.</summary>
internal sealed class RangeRefusedException() : Exception("The registry does not serve ranges.");
