namespace OciImages.Content.Local;

/// <summary>A lease as its file has it.</summary>
internal sealed record LeaseRecord(string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, IReadOnlyList<Digest> Content);
