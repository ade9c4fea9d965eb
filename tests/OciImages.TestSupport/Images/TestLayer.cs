namespace OciImages.TestSupport.Images;

/// <summary>A layer of a test's image.</summary>
public sealed record TestLayer(Descriptor Blob, DiffId DiffId);
