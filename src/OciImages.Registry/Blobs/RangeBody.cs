using OciImages.Registry.Http;
using OciImages.Registry.Http.Mirrors;

namespace OciImages.Registry.Blobs;

/// <summary>One answered range.</summary>
/// <param name="Body">The bytes.</param>
/// <param name="Mirror">The mirror that they are from; null for the registry.</param>
internal readonly record struct RangeBody(ResponseBody Body, MirrorHost? Mirror);
