namespace OciImages.Content.Local;

/// <summary>How <see cref="LocalContentStore.CheckAsync"/> works.</summary>
public sealed class LocalCheckOptions
{
    /// <summary>Whether to hash all content again, in parallel.</summary>
    /// <value>Default: false.</value>
    public bool Deep { get; set; }

    /// <summary>Whether to do what each finding says of repair.</summary>
    /// <value>Default: false.</value>
    public bool Repair { get; set; }
}
