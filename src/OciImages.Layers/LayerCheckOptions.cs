namespace OciImages.Layers;

/// <summary>What <see cref="FileLayerStore.CheckAsync"/> looks at, and whether it acts.</summary>
public sealed class LayerCheckOptions
{
    /// <summary>Whether the tar of every layer is rebuilt and compared with its DiffID, which reads all files.</summary>
    /// <value>Default: false.</value>
    public bool Deep { get; set; }

    /// <summary>Whether to do what the findings say a repair does.</summary>
    /// <value>Default: false. Nothing that is referred to is ever deleted.</value>
    public bool Repair { get; set; }
}
