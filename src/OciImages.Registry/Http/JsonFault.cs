using System.Text.Json;

namespace OciImages.Registry.Http;

/// <summary>Tells what JSON from outside makes the parser throw.</summary>
internal static class JsonFault
{
    /// <summary>
    /// Whether an exception means that the text is no JSON, or has texts that are no Unicode: for these the parser throws the others when they are
    /// looked at.
    /// </summary>
    public static bool Is(Exception exception) => exception is JsonException or InvalidOperationException or ArgumentException;
}
