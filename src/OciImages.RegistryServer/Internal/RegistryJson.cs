using System.Text.Json;
using System.Text.Json.Serialization;

namespace OciImages.RegistryServer.Internal;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegistryManifest))]
[JsonSerializable(typeof(Descriptor))]
internal sealed partial class RegistryJson : JsonSerializerContext
{
    /// <summary>As <see cref="Default"/>, with the escapes of Go: a plus sign in a media type stays one.</summary>
    internal static RegistryJson Go { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = GoJsonEncoder.Instance,
    });
}
