namespace OciImages.Content.Collection;

/// <summary>How a collection works.</summary>
public sealed class ContentCollectionOptions
{
    /// <summary>Content committed less than this long ago stays, needed or not: whoever wrote it may be about to refer to it.</summary>
    /// <value>Default: one hour, in which a pull that was killed finds what it had.</value>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Ingests that no writer has open and that were written this long ago go; null keeps all.</summary>
    /// <value>Default: 24 hours.</value>
    public TimeSpan? IngestAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Whether only to say what would go.</summary>
    /// <value>Default: false.</value>
    public bool DryRun { get; set; }

    /// <summary>How many pieces of content are deleted in one step, while changes of leases and labels wait; 1 to 10,000.</summary>
    /// <value>Default: 1,000, some ten milliseconds.</value>
    public int BatchSize { get; set; } = 1000;

    /// <summary>Hears how far it is, every <see cref="BatchSize"/> pieces or so.</summary>
    /// <value>Default: null.</value>
    public IProgress<ContentCollectionProgress>? Progress { get; set; }
}
