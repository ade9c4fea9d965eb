using OciImages.Internal;

namespace OciImages;

/// <summary>
/// Decides which platforms serve for a wanted one, and which serves best. Follows containerd/platforms (Only, OnlyStrict, OnlyOS) and
/// moby's choice among the manifests of an index.
/// </summary>
/// <remarks>
/// With <see cref="PlatformMatching.Compatible"/> the order is: amd64/vN, …, amd64 (v1), 386; arm64/v9.x, …, v9, then
/// v8.(x+5), …, v8, then arm/v8, v7, v6, v5; arm/vN, …, v5; any other architecture itself. A candidate's operating system must be the
/// wanted one, its features a subset of the wanted ones, and on Windows its version one that the wanted version's host runs.
/// As a comparer it sorts better candidates first; those that do not match come last.
/// </remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed class PlatformMatcher : IComparer<Platform>
{
    private static readonly Rank NoMatch = new(2, 0, default, 0);

    private readonly PlatformMatching _matching;
    private readonly HashSet<string> _features;
    private readonly WindowsVersion _host;
    private readonly List<(string Architecture, string Variant)> _order;

    /// <summary>Makes a matcher.</summary>
    /// <param name="wanted">The wanted platform; normalised or not.</param>
    /// <param name="matching">How far a candidate may be from it.</param>
    public PlatformMatcher(Platform wanted, PlatformMatching matching = PlatformMatching.Compatible)
    {
        Wanted = wanted.Normalize();
        _matching = matching;
        _features = [.. Wanted.OsFeatures];
        _host = WindowsVersion.Parse(Wanted.OsVersion);
        _order = matching == PlatformMatching.Compatible
            ? CompatibleArchitectures.Of(Wanted.Architecture, Wanted.Variant ?? "")
            : [(Wanted.Architecture, Wanted.Variant ?? "")];
    }

    /// <summary>The wanted platform, normalised.</summary>
    public Platform Wanted { get; }

    private bool IsWindows => Wanted.Os == "windows";

    /// <summary>Whether a platform serves.</summary>
    /// <param name="candidate">The platform of an image.</param>
    /// <returns>Whether it serves for the wanted one.</returns>
    public bool IsMatch(Platform candidate) => RankOf(candidate).Tier == 0;

    /// <summary>
    /// The manifest of an index that serves best. Entries for the platform <c>unknown/unknown</c> (attestations) and entries that are
    /// neither manifest nor index are passed over; an entry without a platform serves, but only if no other does. Of several that
    /// serve equally well it is the first.
    /// </summary>
    /// <param name="manifests">The entries of the index, in its order.</param>
    /// <returns>The best entry, or null when none serves.</returns>
    public Descriptor? SelectBest(IReadOnlyList<Descriptor> manifests)
    {
        Descriptor? best = null;
        var bestRank = NoMatch;
        foreach (var manifest in manifests)
        {
            if (!MediaTypes.IsImageManifest(manifest.MediaType) && !MediaTypes.IsIndex(manifest.MediaType))
                continue;
            var rank = manifest.Platform switch
            {
                null => NoMatch with { Tier = 1 },
                { Os: "unknown", Architecture: "unknown" } => NoMatch,
                var platform when RankOf(platform) is { Tier: 0 } match => match,
                _ => NoMatch,
            };
            if (rank.CompareTo(bestRank) < 0)
                (best, bestRank) = (manifest, rank);
        }
        return best;
    }

    /// <summary>Compares how well two platforms serve.</summary>
    /// <param name="x">One platform; null serves worse than any.</param>
    /// <param name="y">The other platform.</param>
    /// <returns>Less than zero when <paramref name="x"/> serves better.</returns>
    public int Compare(Platform? x, Platform? y) => (x is null ? NoMatch : RankOf(x)).CompareTo(y is null ? NoMatch : RankOf(y));

    private Rank RankOf(Platform platform)
    {
        var candidate = platform.Normalize();
        if (candidate.Os != Wanted.Os)
            return NoMatch;
        var version = IsWindows ? WindowsVersion.Parse(candidate.OsVersion) : default;
        if (IsWindows && !_host.IsEmpty && candidate.OsVersion is not null && !_host.CanRun(version))
            return NoMatch;
        int architecture = _order.IndexOf((candidate.Architecture, candidate.Variant ?? ""));
        if (architecture < 0)
        {
            if (_matching != PlatformMatching.SameOs)
                return NoMatch;
            architecture = _order.Count;
        }
        int features = 0;
        bool served = true;
        foreach (string feature in candidate.OsFeatures)
        {
            // Windows images always named this feature, and no host ever did.
            if (IsWindows && feature == "win32k")
                continue;
            features++;
            served &= _features.Contains(feature);
        }
        return served ? new Rank(0, architecture, version, features) : new Rank(1, architecture, default, 0);
    }

    // Tier 0 serves; 1 would without its features, which containerd sorts before what cannot serve at all.
    private readonly record struct Rank(int Tier, int Architecture, WindowsVersion Version, int Features) : IComparable<Rank>
    {
        public int CompareTo(Rank other)
        {
            int order = Tier.CompareTo(other.Tier);
            if (order == 0)
                order = Architecture.CompareTo(other.Architecture);
            if (order == 0)
                order = other.Version.CompareTo(Version);
            return order == 0 ? other.Features.CompareTo(Features) : order;
        }
    }
}
