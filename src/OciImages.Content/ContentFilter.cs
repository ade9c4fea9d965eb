namespace OciImages.Content;

/// <summary>Which content a listing gives: what passes every condition that is set.</summary>
public sealed class ContentFilter
{
    /// <summary>How the digest begins, algorithm included: <c>sha256:0a1b</c>.</summary>
    /// <value>Default: null, for any.</value>
    public string? DigestPrefix { get; set; }

    /// <summary>Labels that the content has: with this value, or, for a null value, with any.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyDictionary<string, string?> Labels { get; set; } = new Dictionary<string, string?>();

    /// <summary>The smallest size in bytes that passes.</summary>
    /// <value>Default: 0.</value>
    public long MinSize { get; set; }

    /// <summary>The largest size in bytes that passes.</summary>
    /// <value>Default: no bound.</value>
    public long MaxSize { get; set; } = long.MaxValue;

    /// <summary>Only what was committed at this time or later.</summary>
    /// <value>Default: null, for no bound.</value>
    public DateTimeOffset? CommittedSince { get; set; }

    /// <summary>Only what was committed before this time.</summary>
    /// <value>Default: null, for no bound.</value>
    public DateTimeOffset? CommittedBefore { get; set; }

    /// <summary>Whether content passes.</summary>
    /// <param name="info">The content.</param>
    /// <returns>Whether it passes every condition.</returns>
    public bool Matches(ContentInfo info) => MatchesDigest(info.Digest) && MatchesFile(info) && MatchesLabels(info);

    // In three parts, from the cheapest for a store to know to the dearest.
    internal bool MatchesDigest(Digest digest) =>
        DigestPrefix is null || digest.ToString().StartsWith(DigestPrefix, StringComparison.Ordinal);

    internal bool MatchesFile(ContentInfo info) =>
        info.Size >= MinSize && info.Size <= MaxSize && !(info.CreatedAt < CommittedSince) && !(info.CreatedAt >= CommittedBefore);

    internal bool MatchesLabels(ContentInfo info)
    {
        foreach (var (key, value) in Labels)
        {
            if (!info.Labels.TryGetValue(key, out string? actual) || (value is not null && actual != value))
                return false;
        }
        return true;
    }
}
