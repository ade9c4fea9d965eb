namespace OciImages.Transfers;

/// <summary>A layer to download: the blob that the manifest names, and the DiffID that the config says it has.</summary>
/// <param name="Blob">The blob's descriptor.</param>
/// <param name="DiffId">The DiffID that the uncompressed blob must have.</param>
public sealed record LayerDownload(Descriptor Blob, DiffId DiffId);
