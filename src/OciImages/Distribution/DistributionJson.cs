using System.Text.Json.Serialization;

namespace OciImages.Distribution;

[JsonSerializable(typeof(List<BlobSourceRecord>))]
internal sealed partial class DistributionJson : JsonSerializerContext;
