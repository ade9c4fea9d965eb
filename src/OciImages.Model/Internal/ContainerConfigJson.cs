using System.Text.Json;
using OciImages.Configs;

namespace OciImages.Internal;

/// <summary>The members <c>config</c> and <c>container_config</c> of image configs.</summary>
internal static class ContainerConfigJson
{
    private const long NanosecondsPerTick = 100;

    private static readonly string[] Names =
    [
        "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal", "StopTimeout", "ArgsEscaped",
        "Healthcheck", "Shell", "OnBuild", "Hostname", "Domainname", "Image", "MacAddress", "NetworkDisabled", "AttachStdin",
        "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "Memory", "MemorySwap", "CpuShares",
    ];

    private static readonly string[] HealthcheckNames = ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"];

    internal static ContainerConfig? Optional(JsonMembers parent, string name)
    {
        if (!parent.Has(name))
            return null;
        var members = JsonMembers.Of(parent[name], Names, parent.Path(name));
        return new ContainerConfig
        {
            User = Text("User"),
            ExposedPorts = members.OptionalKeys("ExposedPorts") ?? [],
            Env = members.OptionalTexts("Env"),
            Entrypoint = Command(members, "Entrypoint"),
            Cmd = Command(members, "Cmd"),
            Volumes = members.OptionalKeys("Volumes"),
            WorkingDir = Text("WorkingDir"),
            Labels = members.OptionalTextMap("Labels"),
            StopSignal = Text("StopSignal"),
            StopTimeout = members.OptionalInt64("StopTimeout"),
            ArgsEscaped = members.Flag("ArgsEscaped"),
            Healthcheck = ReadHealthcheck(members),
            Shell = Command(members, "Shell"),
            OnBuild = members.OptionalTexts("OnBuild"),
            Hostname = Text("Hostname"),
            Domainname = Text("Domainname"),
            Image = Text("Image"),
            MacAddress = Text("MacAddress"),
            NetworkDisabled = members.Flag("NetworkDisabled"),
            AttachStdin = members.Flag("AttachStdin"),
            AttachStdout = members.Flag("AttachStdout"),
            AttachStderr = members.Flag("AttachStderr"),
            Tty = members.Flag("Tty"),
            OpenStdin = members.Flag("OpenStdin"),
            StdinOnce = members.Flag("StdinOnce"),
            Memory = members.OptionalInt64("Memory") ?? 0,
            MemorySwap = members.OptionalInt64("MemorySwap") ?? 0,
            CpuShares = members.OptionalInt64("CpuShares") ?? 0,
        };

        string Text(string name) => members.OptionalText(name) ?? "";
    }

    // Docker's StrSlice: a list, or one string.
    private static string[]? Command(JsonMembers members, string name) => members[name].ValueKind == JsonValueKind.String
        ? [members.RequiredText(name)]
        : members.OptionalTexts(name);

    private static Healthcheck? ReadHealthcheck(JsonMembers parent)
    {
        if (!parent.Has("Healthcheck"))
            return null;
        var members = JsonMembers.Of(parent["Healthcheck"], HealthcheckNames, parent.Path("Healthcheck"));
        return new Healthcheck
        {
            Test = members.OptionalTexts("Test") ?? [],
            Interval = Duration("Interval"),
            Timeout = Duration("Timeout"),
            StartPeriod = Duration("StartPeriod"),
            StartInterval = Duration("StartInterval"),
            Retries = members.OptionalInt64("Retries") ?? 0,
        };

        TimeSpan Duration(string name) => TimeSpan.FromTicks((members.OptionalInt64(name) ?? 0) / NanosecondsPerTick);
    }
}
