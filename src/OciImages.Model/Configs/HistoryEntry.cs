namespace OciImages.Configs;

/// <summary>
/// How one layer, or one change without a layer, came about. OCI image specification, "Image Configuration", <c>history</c>.
/// </summary>
public sealed record HistoryEntry
{
    /// <summary>When, to 100 ns (the config may say it to 1 ns); null when it is left out.</summary>
    public DateTimeOffset? Created
    {
        get;
        init
        {
            field = value;
            SubTick = 0;
        }
    }

    /// <summary>By what command.</summary>
    /// <value>Default: empty.</value>
    public string CreatedBy { get; init; } = "";

    /// <summary>By whom.</summary>
    /// <value>Default: empty.</value>
    public string Author { get; init; } = "";

    /// <summary>A comment.</summary>
    /// <value>Default: empty.</value>
    public string Comment { get; init; } = "";

    /// <summary>Whether it made no layer: it has no DiffID in the config then.</summary>
    /// <value>Default: false.</value>
    public bool EmptyLayer { get; init; }

    /// <summary>The nanoseconds that <see cref="Created"/> has no room for, 0 to 99: an entry that is carried on is written as it was read.</summary>
    internal int SubTick { get; init; }
}
