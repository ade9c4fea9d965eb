namespace OciImages.Layers.Tests;

/// <summary>Tests that run after all others, one at a time.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
