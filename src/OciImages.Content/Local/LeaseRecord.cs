namespace OciImages.Content.Local;

/// <summary>A lease as its file has it. With <paramref name="EndsWithProcess"/> its maker holds the lock file beside it.</summary>
internal sealed record LeaseRecord(
    string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, IReadOnlyList<Digest> Content, bool EndsWithProcess = false);
