namespace OciImages.Content;

/// <summary>A lease as a listing shows it.</summary>
/// <param name="Id">The id.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
/// <param name="Content">The content that it holds.</param>
public sealed record ContentLeaseInfo(string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, IReadOnlyList<Digest> Content);
