using System.Text.Json.Serialization;

namespace OciImages.Content.Local;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LeaseRecord))]
[JsonSerializable(typeof(LayoutVersion))]
[JsonSerializable(typeof(LayoutIndex))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class LocalJson : JsonSerializerContext;
