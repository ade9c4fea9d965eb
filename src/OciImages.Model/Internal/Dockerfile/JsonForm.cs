using System.Text;
using System.Text.Json;

namespace OciImages.Internal.Dockerfile;

/// <summary>The JSON form of an instruction's arguments.</summary>
internal static class JsonForm
{
    /// <summary>Reads a JSON array of strings. Text that is no JSON array is a shell's, however it begins.</summary>
    /// <exception cref="OciException">It is an array of something else.</exception>
    internal static bool TryRead(string text, out IReadOnlyList<string> list)
    {
        list = [];
        text = text.TrimStart();
        if (!text.StartsWith('['))
            return false;
        try
        {
            // As Docker: what follows the array is not looked at.
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { AllowMultipleValues = true });
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.EnumerateArray().Any(element => element.ValueKind != JsonValueKind.String))
                throw DockerfileError.Of("when using JSON array syntax, arrays must be comprised of strings only");
            list = [.. document.RootElement.EnumerateArray().Select(element => element.GetString()!)];
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
