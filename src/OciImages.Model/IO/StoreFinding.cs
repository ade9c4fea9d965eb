namespace OciImages.IO;

/// <summary>Something that a check of a store found.</summary>
/// <param name="Store">The part of the data root that was checked, such as <c>layers</c>, <c>content</c>, <c>images</c> or <c>references</c>.</param>
/// <param name="Path">The file or directory that it is about, absolute.</param>
/// <param name="Problem">What is wrong, as one sentence that names digests where they help.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Repair">What a repair does about it, as one sentence; null when only a person, or pulling again, can help.</param>
public sealed record StoreFinding(string Store, string Path, string Problem, StoreFindingSeverity Severity, string? Repair = null)
{
    /// <summary>Whether a repair did what <see cref="Repair"/> says.</summary>
    /// <value>Default: false, as in every check without repair.</value>
    public bool IsRepaired { get; init; }
}
