namespace OciImages.Layers.Internal;

/// <summary>What the built-in drivers can tell of a layer beyond its existence.</summary>
internal interface ILayerCheck
{
    /// <summary>Looks whether what a committed layer needs to be mounted or read is there; file contents are not read.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="below">How many layers are below it.</param>
    /// <returns>What is wrong, as the end of a sentence about the layer; null when nothing is.</returns>
    string? FindDamage(string id, int below);
}
