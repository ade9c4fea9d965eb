using System.Text.Json;

namespace OciImages.Internal;

/// <summary>
/// Reads JSON that others wrote: strict where leniency would let two readers see two documents, and never with another exception.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Parses a document that is one object.</summary>
    /// <param name="bytes">The document.</param>
    /// <param name="where">What it is, for messages, such as <c>the manifest sha256:…</c>.</param>
    /// <returns>The document; the caller disposes it.</returns>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> bytes, string where)
    {
        try
        {
            return JsonDocument.Parse(bytes, Options);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw new OciException(OciErrorKind.InvalidInput, $"{where} is not valid JSON: {Reason(e)}", e);
        }
    }

    /// <summary>The text of a string.</summary>
    /// <param name="element">A string.</param>
    /// <param name="where">Where it stands.</param>
    /// <returns>The text.</returns>
    internal static string Text(JsonElement element, string where)
    {
        if (element.ValueKind != JsonValueKind.String)
            throw Fault(where, $"must be a string, not {Describe(element)}");
        return TryText(element) ?? throw Fault(where, "is not valid Unicode");
    }

    /// <summary>The text of a string; null when it is no string or not valid Unicode.</summary>
    internal static string? TryText(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The name of a member.</summary>
    internal static string Name(JsonProperty member, string where)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new OciException(OciErrorKind.InvalidInput, $"{where} has a member whose name is not valid Unicode.", e);
        }
    }

    internal static OciException Fault(string where, string complaint) => new(OciErrorKind.InvalidInput, $"{where} {complaint}.");

    internal static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined => "missing",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Null => "null",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.Number => "a number",
        _ => "a string",
    };

    // Besides JsonException the parser throws these for names that are not valid Unicode, when it looks for duplicates.
    private static bool IsFault(Exception e) => e is JsonException or InvalidOperationException or ArgumentException;

    private static string Reason(Exception e) => e is JsonException json
        ? $"line {(json.LineNumber ?? 0) + 1}, byte {(json.BytePositionInLine ?? 0) + 1}"
        : "it holds invalid Unicode";
}
