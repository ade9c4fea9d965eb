using System.Text.Json.Serialization;

namespace OciImages.Images.Internal;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OriginFile))]
internal sealed partial class OriginJson : JsonSerializerContext;
