using System.Text.Json.Serialization;

namespace OciImages.Distribution;

/// <summary>An entry as Docker's file has it: read whole, written back whole.</summary>
internal sealed record BlobSourceRecord(string Digest, string SourceRepository, [property: JsonPropertyName("HMAC")] string Hmac);
