namespace OciImages.Content;

/// <summary>How a lease is made.</summary>
public sealed class ContentLeaseOptions
{
    /// <summary>The id; unique in the store: 1 to 128 of the characters A-Z a-z 0-9 - _ . and no period at the start.</summary>
    /// <value>Default: null, for a random one.</value>
    public string? Id { get; set; }

    /// <summary>How long it lasts unless it is extended or released; more than zero.</summary>
    /// <value>Default: 24 hours, as Docker's and containerd's.</value>
    public TimeSpan Duration { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Whether it is over at once when the process that made it ends, however that ends, before it expires.</summary>
    /// <remarks>
    /// A killed pull then holds nothing for hours; what it had committed stays for the grace period of collections
    /// (<see cref="Collection.ContentCollectionOptions.GracePeriod"/>), in which a new pull finds it.
    /// </remarks>
    /// <value>Default: false.</value>
    public bool EndsWithProcess { get; set; }

    /// <summary>Content to hold from the start.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<Digest> Content { get; set; } = [];
}
