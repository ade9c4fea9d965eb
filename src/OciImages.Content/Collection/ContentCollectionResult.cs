namespace OciImages.Content.Collection;

/// <summary>What a collection deleted, or in a dry run would delete.</summary>
/// <param name="Content">The content, without its labels.</param>
/// <param name="Ingests">The ingests.</param>
/// <param name="Found">How many pieces of content the store had at the start.</param>
public sealed record ContentCollectionResult(IReadOnlyList<ContentInfo> Content, IReadOnlyList<IngestStatus> Ingests, int Found)
{
    /// <summary>How many bytes the content and the ingests have.</summary>
    public long Bytes => Content.Sum(info => info.Size) + Ingests.Sum(ingest => ingest.Offset);
}
