using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using OciImages.Internal;

namespace OciImages;

/// <summary>
/// The operating system and processor that an image is for. OCI image specification, "Image Index", property <c>platform</c>;
/// names are Go's GOOS and GOARCH. The text forms follow containerd/platforms.
/// </summary>
/// <remarks>
/// Equality compares all parts as they are written, <see cref="OsFeatures"/> as a set; <see cref="Normalize"/> first where
/// <c>x86_64</c> shall equal <c>amd64</c>. Whether an image can run is the business of <see cref="PlatformMatcher"/>.
/// </remarks>
/// <threadsafety>Immutable as long as the list given for <see cref="OsFeatures"/> is not changed; safe to share.</threadsafety>
/// <param name="Os">The operating system, such as <c>linux</c>; empty when whoever described it left it out.</param>
/// <param name="Architecture">The processor architecture, such as <c>amd64</c>; empty when it was left out.</param>
/// <param name="Variant">The variant of the architecture, such as <c>v7</c> of <c>arm</c>; null or empty for none.</param>
[JsonConverter(typeof(PlatformJsonConverter))]
public sealed record Platform(string Os, string Architecture, string? Variant = null) : IParsable<Platform>
{
    /// <summary>The platform of this machine. On Windows with the version of the system, on 64-bit ARM with the variant v8.</summary>
    public static Platform Current { get; } = HostPlatform.Detect();

    /// <summary>The variant of the architecture, such as <c>v7</c> of <c>arm</c>; null for none, never empty.</summary>
    public string? Variant { get; init => field = NullIfEmpty(value); } = NullIfEmpty(Variant);

    /// <summary>The version of the operating system, as Windows images need it; null for none, never empty.</summary>
    /// <value>Default: null.</value>
    public string? OsVersion { get; init => field = NullIfEmpty(value); }

    /// <summary>Features of the operating system that the image needs, such as <c>win32k</c>.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> OsFeatures { get; init; } = [];

    /// <summary>Parses a platform as users write it, and normalises the names in it.</summary>
    /// <param name="text">
    /// <c>os</c>, <c>architecture</c>, <c>os/architecture</c> or <c>os/architecture/variant</c>, where the system may be followed by its
    /// version and features in parentheses, as in <c>windows(10.0.17763+win32k)/amd64</c>. What is missing is taken from this machine.
    /// </param>
    /// <returns>The platform.</returns>
    /// <exception cref="OciException">The text is not a platform (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static Platform Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PlatformText.TryParse(text, out var platform, out string? fault)
            ? platform
            : throw new OciException(OciErrorKind.InvalidInput, $"{Excerpt.Of(text)} is not a platform: {fault}.");
    }

    /// <summary>Parses a platform if the text is one.</summary>
    /// <param name="text">The text; null is no platform.</param>
    /// <param name="platform">The platform, or null.</param>
    /// <returns>Whether the text is a platform.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Platform? platform)
    {
        platform = null;
        return text is not null && PlatformText.TryParse(text, out platform, out _);
    }

    /// <summary>
    /// The same platform with the usual names: lower-case, <c>amd64</c> for <c>x86_64</c>, no variant where it says nothing
    /// (<c>amd64/v1</c>, <c>arm64/v8</c>), <c>arm/v7</c> for <c>arm</c>, features sorted and once each. An empty operating system becomes
    /// this machine's.
    /// </summary>
    /// <returns>The normalised platform; normalising it again changes nothing.</returns>
    public Platform Normalize()
    {
        var (architecture, variant) = PlatformNames.Normalize(Architecture, Variant ?? "");
        return new Platform(PlatformNames.NormalizeOs(Os), architecture, variant)
        {
            OsVersion = OsVersion,
            OsFeatures = OsFeatures.Count == 0 ? [] : [.. OsFeatures.Distinct().Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>Whether all parts are equal, with the features in any order.</summary>
    /// <param name="other">The other platform.</param>
    /// <returns>Whether they are equal.</returns>
    public bool Equals(Platform? other) => other is not null
        && Os == other.Os && Architecture == other.Architecture && Variant == other.Variant && OsVersion == other.OsVersion
        && (OsFeatures.SequenceEqual(other.OsFeatures) || OsFeatures.ToHashSet().SetEquals(other.OsFeatures));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        int features = 0;
        foreach (string feature in OsFeatures.Distinct())
            features ^= feature.GetHashCode(StringComparison.Ordinal);
        return HashCode.Combine(Os, Architecture, Variant, OsVersion, features);
    }

    /// <summary>
    /// The platform as text, such as <c>linux/arm64/v8</c> or <c>windows(10.0.17763+win32k)/amd64</c>; <c>unknown</c> without an
    /// operating system.
    /// </summary>
    /// <returns>The text.</returns>
    public override string ToString() => PlatformText.Format(this);

    static Platform IParsable<Platform>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<Platform>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Platform result) => TryParse(s, out result);

    private static string? NullIfEmpty(string? value) => value is "" ? null : value;
}
