using System.Text.Json.Serialization;

namespace OciImages.RegistryServer.Internal;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegistryManifest))]
[JsonSerializable(typeof(Descriptor))]
internal sealed partial class RegistryJson : JsonSerializerContext;
