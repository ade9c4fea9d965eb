using System.Text.Json;

namespace OciImages.Tests.Corpora;

/// <summary>Reads the platforms of the corpora, which are written as Go structs.</summary>
internal static class CorpusPlatform
{
    /// <summary>The Windows machine that rows about "the default platform" are judged on.</summary>
    internal const string WindowsBuild = "10.0.20348";

    internal static Platform Read(JsonElement json)
    {
        if (json.TryGetProperty("$call", out var call) && call.GetString() == "DefaultSpec")
            return Windows(WindowsBuild);
        if (json.TryGetProperty("$ident", out var name))
        {
            return name.GetString() switch
            {
                "platformNoVersion" => Windows(""),
                "platformWS2019" => Windows("10.0.17763"),
                "platformWS2022" => Windows("10.0.20348"),
                "platformWindows11" => Windows("10.0.22621"),
                "linuxPlatform" => new Platform("linux", "amd64"),
                "ws2022Platform" => Windows("10.0.20348.3091"),
                "ws2025Platform" => Windows("10.0.26100.2894"),
                "ws2025Rev3000Platform" => Windows("10.0.26100.3000"),
                var other => throw new InvalidOperationException(other),
            };
        }
        return new Platform(Text(json, "OS"), Text(json, "Architecture"), Text(json, "Variant"))
        {
            OsVersion = Text(json, "OSVersion"),
            OsFeatures = json.TryGetProperty("OSFeatures", out var features) ? Features(features) : [],
        };
    }

    internal static string Evaluate(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : Expression(value);

    private static Platform Windows(string version) => new("windows", "amd64") { OsVersion = version };

    private static string Text(JsonElement json, string field) => json.TryGetProperty(field, out var value) ? Evaluate(value) : "";

    private static string[] Features(JsonElement features) => features.ValueKind == JsonValueKind.Array
        ? [.. features.EnumerateArray().Select(Evaluate)]
        : [.. Enumerable.Repeat("", 17)]; // make([]string, maxFeatures+1), of empty strings

    private static string Expression(JsonElement value)
    {
        if (value.TryGetProperty("$ident", out var name))
        {
            return name.GetString() switch
            {
                "defaultOS" => Platform.Current.Os,
                "defaultArch" or "runtime.GOARCH" => Platform.Current.Architecture,
                var other => throw new InvalidOperationException(other),
            };
        }
        if (value.TryGetProperty("$call", out var call) && call.GetString() == "path.Join")
            return string.Join('/', value.GetProperty("args").EnumerateArray().Select(Evaluate).Where(a => a.Length > 0));
        return value.GetProperty("$src").GetString() switch
        {
            "buildStr + \".1\"" => WindowsBuild + ".1",
            "buildStr + \".2\"" => WindowsBuild + ".2",
            "\"linux(\" + strings.Repeat(\"+\", 64*1024) + \")/amd64\"" => $"linux({new string('+', 64 * 1024)})/amd64",
            "\"linux(+CONFIG_\" + strings.Repeat(\"FOO=y_\", 16*1024) + \"BAR)/amd64\"" => $"linux(+CONFIG_{Repeat("FOO=y_")}BAR)/amd64",
            "\"CONFIG_\" + strings.Repeat(\"FOO_\", 16*1024) + \"BAR\"" => $"CONFIG_{Repeat("FOO_")}BAR",
            var other => throw new InvalidOperationException(other),
        };

        static string Repeat(string text) => string.Concat(Enumerable.Repeat(text, 16 * 1024));
    }
}
