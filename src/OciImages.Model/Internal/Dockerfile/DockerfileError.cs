namespace OciImages.Internal.Dockerfile;

/// <summary>Docker's messages, as they are: people search for them.</summary>
internal static class DockerfileError
{
    internal static OciException Of(string message) => new(OciErrorKind.InvalidInput, message);

    /// <summary>A string as Go's <c>%q</c> has it, for what is printable.</summary>
    internal static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
