using System.CommandLine;

namespace Oci.Output;

/// <summary>The <c>--format</c> option of listings.</summary>
internal static class OutputFormat
{
    public static Option<string?> CreateOption()
    {
        var option = new Option<string?>("--format") { Description = "table or json", HelpName = "FORMAT" };
        option.AcceptOnlyFromAmong("table", "json");
        return option;
    }

    public static bool IsJson(string? format) => format == "json";
}
