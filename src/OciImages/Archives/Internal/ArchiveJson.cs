using System.Text.Json.Serialization;

namespace OciImages.Archives.Internal;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(IReadOnlyList<DockerArchiveEntry>))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
