namespace OciImages.Content;

/// <summary>The state of an ingest.</summary>
/// <param name="IngestId">The id that its writer chose.</param>
/// <param name="Offset">How many bytes are written.</param>
/// <param name="StartedAt">When it was opened first.</param>
/// <param name="UpdatedAt">When it was written last.</param>
/// <param name="IsOpen">Whether a writer has it open now, in this process or another.</param>
public sealed record IngestStatus(string IngestId, long Offset, DateTimeOffset StartedAt, DateTimeOffset UpdatedAt, bool IsOpen);
