namespace OciImages.Removal;

/// <summary>Which images a prune removes.</summary>
public sealed class PruneOptions
{
    /// <summary>Whether images with tags go as well, as long as nothing uses them.</summary>
    /// <value>Default: false: only those without tag that no image was built on.</value>
    public bool All { get; set; }

    /// <summary>Only images made before or at this time.</summary>
    /// <value>Default: null, for all.</value>
    public DateTimeOffset? Until { get; set; }

    /// <summary>Only images that have all of these labels: <c>key</c> for any value, or <c>key=value</c>.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Only images that do not have all of these labels.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> WithoutLabels { get; set; } = [];

    /// <summary>Whether nothing is removed and the result says what would be.</summary>
    /// <value>Default: false.</value>
    public bool DryRun { get; set; }
}
