using System.Text;
using System.Text.Json;

namespace OciImages.Registry.Http;

/// <summary>Reads what a registry, a token service or a proxy in between says about an error.</summary>
internal static class ErrorBody
{
    private const int MaxErrors = 8;
    private const int MaxText = 400;

    /// <summary>Finds the errors in a body.</summary>
    /// <param name="body">The body, perhaps cut.</param>
    /// <param name="secrets">What must not come out even when the other side repeats it.</param>
    /// <returns>The errors; one without a code when the body is not what the specification says; none when it is empty.</returns>
    public static IReadOnlyList<RegistryError> Parse(ReadOnlyMemory<byte> body, IReadOnlyList<string> secrets)
    {
        if (TryParseJson(body, secrets) is { } errors)
            return errors;
        string text = Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, 16 * 1024)]);
        string summary = IsHtml(text) ? HtmlTitle(text) : text;
        summary = Clean(summary, secrets);
        return summary.Length == 0 ? [] : [new RegistryError("", summary)];
    }

    /// <summary>Whether a body is a web page.</summary>
    public static bool IsHtml(ReadOnlySpan<char> text) => text.TrimStart("\uFEFF \t\r\n").StartsWith('<');

    private static List<RegistryError>? TryParseJson(ReadOnlyMemory<byte> body, IReadOnlyList<string> secrets)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            if (root.TryGetProperty("errors", out var list) && list.ValueKind == JsonValueKind.Array)
                return [.. list.EnumerateArray().Take(MaxErrors).Where(e => e.ValueKind == JsonValueKind.Object).Select(e => ErrorOf(e, "code", secrets))];
            // Token services: {"details": …}, {"message": …}; OAuth 2.0, RFC 6749, section 5.2.
            var error = ErrorOf(root, "error", secrets);
            return error is { Code: "", Message: "" } ? null : [error];
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return null;
        }
    }

    private static RegistryError ErrorOf(JsonElement element, string codeName, IReadOnlyList<string> secrets)
    {
        string code = Text(element, codeName);
        string message = "";
        foreach (string name in (ReadOnlySpan<string>)["message", "error_description", "details"])
            message = message.Length > 0 ? message : Text(element, name);
        return new RegistryError(Clean(code, secrets), Clean(message, secrets));
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Clean(string text, IReadOnlyList<string> secrets)
    {
        foreach (string secret in secrets.Where(secret => secret.Length > 0))
            text = text.Replace(secret, "[secret]", StringComparison.Ordinal);
        return PlainText.Clean(text, MaxText);
    }

    private static string HtmlTitle(string html)
    {
        const string Open = "<title>";
        int start = html.IndexOf(Open, StringComparison.OrdinalIgnoreCase);
        int end = start < 0 ? -1 : html.IndexOf("</", start, StringComparison.Ordinal);
        return end < 0 ? "a web page" : $"a web page titled \"{html[(start + Open.Length)..end].Trim()}\"";
    }
}
