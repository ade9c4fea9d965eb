using System.Text.Json.Serialization;

namespace OciImages.Content.Local;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LeaseRecord))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class LocalJson : JsonSerializerContext;
