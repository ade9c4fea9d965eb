namespace OciImages.Catalog;

/// <summary>One step of how an image was made; the members are those of Docker's <c>GET /images/{name}/history</c>.</summary>
/// <param name="Id">The image that the step made; null when no such image is here (Docker: <c>&lt;missing&gt;</c>).</param>
/// <param name="Created">When; null when the config does not say.</param>
/// <param name="CreatedBy">The command; may be empty.</param>
/// <param name="Tags">The tags of <paramref name="Id"/>, in familiar form.</param>
/// <param name="Size">The size in bytes of the files of the step's layer; 0 when it made none.</param>
/// <param name="Comment">A comment; may be empty.</param>
public sealed record ImageHistoryItem(
    ImageId? Id, DateTimeOffset? Created, string CreatedBy, IReadOnlyList<string> Tags, long Size, string Comment);
