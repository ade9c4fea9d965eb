namespace OciImages.Layers.Internal;

/// <summary>What the built-in drivers can tell of their layers beyond their existence.</summary>
internal interface ILayerCheck
{
    /// <summary>Looks whether what a committed layer needs to be mounted or read is there; file contents are not read.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="below">How many layers are below it.</param>
    /// <returns>What is wrong, as the end of a sentence about the layer; null when nothing is.</returns>
    string? FindDamage(string id, int below);

    /// <summary>Lists all that has the name of a layer.</summary>
    /// <returns>Ids and the directories they have.</returns>
    IEnumerable<(string Id, string Path)> ListIds();

    /// <summary>Looks at the driver's own files that belong to no single layer or can be made again from the others.</summary>
    IEnumerable<DriverFinding> FindProblems();
}
