using System.Globalization;
using OciImages.Configs;

namespace OciImages.Internal.Dockerfile;

/// <summary>Reads <c>HEALTHCHECK</c>.</summary>
internal static class HealthcheckReader
{
    internal static Healthcheck Read(Instruction instruction)
    {
        var arguments = instruction.Arguments;
        if (arguments.Count == 0)
            throw DockerfileError.Of("HEALTHCHECK requires at least one argument");
        string type = arguments[0].ToUpperInvariant();
        if (type == "NONE")
        {
            InstructionFlags.Read(instruction);
            return arguments.Count == 1 ? new Healthcheck { Test = ["NONE"] } : throw DockerfileError.Of("HEALTHCHECK NONE takes no arguments");
        }
        var flags = InstructionFlags.Read(instruction, "interval", "timeout", "start-period", "start-interval", "retries");
        if (type != "CMD")
            throw DockerfileError.Of($"Unknown type {DockerfileError.Quote(type)} in HEALTHCHECK (try CMD)");
        if (arguments.Count == 1)
            throw DockerfileError.Of("Missing command after HEALTHCHECK CMD");
        return new Healthcheck
        {
            Test = [instruction.IsJson ? "CMD" : "CMD-SHELL", .. arguments.Skip(1)],
            Interval = Duration(flags, "interval"),
            Timeout = Duration(flags, "timeout"),
            StartPeriod = Duration(flags, "start-period"),
            StartInterval = Duration(flags, "start-interval"),
            Retries = Retries(flags),
        };
    }

    private static TimeSpan Duration(Dictionary<string, string> flags, string name)
    {
        if (!flags.TryGetValue(name, out string? text) || text.Length == 0)
            return TimeSpan.Zero;
        if (!GoDuration.TryParse(text, out var duration))
            throw DockerfileError.Of($"time: invalid duration {DockerfileError.Quote(text)}");
        return duration >= TimeSpan.FromMilliseconds(1) ? duration : throw DockerfileError.Of($"Interval \"{name}\" cannot be less than 1ms");
    }

    private static long Retries(Dictionary<string, string> flags)
    {
        if (!flags.TryGetValue("retries", out string? text) || text.Length == 0)
            return 0;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int retries))
            throw DockerfileError.Of($"strconv.ParseInt: parsing {DockerfileError.Quote(text)}: invalid syntax");
        return retries >= 1 ? retries : throw DockerfileError.Of($"--retries must be at least 1 (not {retries})");
    }
}
