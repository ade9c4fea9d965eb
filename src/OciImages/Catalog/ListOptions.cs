namespace OciImages.Catalog;

/// <summary>Which images are listed, and what of them. An image is listed when it fits all that is said; <see cref="ListFilters"/> reads Docker's filters.</summary>
public sealed class ListOptions
{
    /// <summary>Whether images without a name that others were built on are listed as well.</summary>
    /// <value>Default: false.</value>
    public bool All { get; set; }

    /// <summary>True for those only that have no tag and that no image was built on, false for those only that have a name.</summary>
    /// <value>Default: null, for both.</value>
    public bool? Dangling { get; set; }

    /// <summary>Patterns of references, such as <c>app*</c>, <c>*/app</c> or <c>app:v?</c>; an image shows only those of its references that one of them fits.</summary>
    /// <value>Default: empty, for all.</value>
    public IReadOnlyList<string> References { get; set; } = [];

    /// <summary>Only images that have all of these labels: <c>key</c> for any value, or <c>key=value</c>.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Only images that have none of these labels.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> WithoutLabels { get; set; } = [];

    /// <summary>Only images made before all of these, each a reference or an ID.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Before { get; set; } = [];

    /// <summary>Only images made after all of these, each a reference or an ID.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Since { get; set; } = [];

    /// <summary>Only images made before this time.</summary>
    /// <value>Default: null, for any.</value>
    public DateTimeOffset? Until { get; set; }

    /// <summary>Whether <see cref="ImageSummary.SharedSize"/> is told.</summary>
    /// <value>Default: false.</value>
    public bool SharedSize { get; set; }

    /// <summary>Whether <see cref="ImageSummary.Containers"/> is told.</summary>
    /// <value>Default: false.</value>
    public bool CountContainers { get; set; }
}
