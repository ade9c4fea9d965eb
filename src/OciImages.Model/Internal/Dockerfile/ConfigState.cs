using OciImages.Configs;

namespace OciImages.Internal.Dockerfile;

/// <summary>A config while instructions change it.</summary>
internal sealed class ConfigState(ContainerConfig config)
{
    private static readonly string[] DefaultShell = ["/bin/sh", "-c"];

    private bool _hasCmd;

    internal ContainerConfig Config { get; private set; } = config;

    internal void Apply(Instruction instruction)
    {
        if (instruction.Name != "healthcheck")
            InstructionFlags.Read(instruction);
        // Of all variables, the values before this instruction count.
        var before = Config;
        string Expand(string word) => ShellWord.Expand(word, name => Find(before.Env, name));
        Config = instruction.Name switch
        {
            "env" => before with { Env = SetAll(before.Env, Pairs(instruction, Expand)) },
            "label" => before with { Labels = SetAll(before.Labels, Pairs(instruction, Expand)) },
            "expose" => before with { ExposedPorts = Union(before.ExposedPorts, Ports(instruction, Expand)) },
            "volume" => before with { Volumes = Union(before.Volumes ?? [], Volumes(instruction).Select(Expand)) },
            "user" => before with { User = Expand(Single(instruction)) },
            "workdir" => before with { WorkingDir = Resolve(before.WorkingDir, Expand(Single(instruction))) },
            "cmd" => before with { Cmd = Command(instruction, before) },
            "entrypoint" => before with { Entrypoint = Command(instruction, before), Cmd = _hasCmd ? before.Cmd : null },
            "healthcheck" => before with { Healthcheck = HealthcheckReader.Read(instruction) },
            "onbuild" => before with { OnBuild = [.. before.OnBuild ?? [], Trigger(instruction)] },
            _ => throw DockerfileError.Of($"unknown instruction: {instruction.Title}"),
        };
        _hasCmd |= instruction is { Name: "cmd", Arguments.Count: > 0 };
    }

    private static string? Find(IReadOnlyList<string>? env, string name) =>
        env?.FirstOrDefault(entry => entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name, StringComparison.Ordinal))?[(name.Length + 1)..];

    private static List<KeyValuePair<string, string>> Pairs(Instruction instruction, Func<string, string> expand)
    {
        var arguments = AtLeastOne(instruction).Arguments;
        var pairs = new List<KeyValuePair<string, string>>();
        for (int i = 0; i < arguments.Count; i += 2)
        {
            if (arguments[i].Length == 0)
                throw DockerfileError.Of($"{instruction.Title} names can not be blank");
            pairs.Add(new(expand(arguments[i]), expand(arguments[i + 1])));
        }
        return pairs;
    }

    private static List<string> SetAll(IReadOnlyList<string>? env, List<KeyValuePair<string, string>> pairs)
    {
        var entries = new List<string>(env ?? []);
        foreach (var (name, value) in pairs)
        {
            int index = entries.FindIndex(entry => entry == name || entry.StartsWith($"{name}=", StringComparison.Ordinal));
            if (index < 0)
                entries.Add($"{name}={value}");
            else
                entries[index] = $"{name}={value}";
        }
        return entries;
    }

    private static Dictionary<string, string> SetAll(IReadOnlyDictionary<string, string>? labels, List<KeyValuePair<string, string>> pairs)
    {
        var all = new Dictionary<string, string>(labels ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var (name, value) in pairs)
            all[name] = value;
        return all;
    }

    private static string[] Union(IReadOnlyList<string> some, IEnumerable<string> more) => [.. some.Concat(more).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string> Ports(Instruction instruction, Func<string, string> expand) => AtLeastOne(instruction).Arguments
        .SelectMany(word => expand(word).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)).SelectMany(PortSpec.Read);

    private static IEnumerable<string> Volumes(Instruction instruction) => AtLeastOne(instruction).Arguments.Select(volume =>
        volume.Trim() is { Length: > 0 } path ? path : throw DockerfileError.Of("VOLUME specified can not be an empty string"));

    private static string Single(Instruction instruction) => instruction.Arguments.Count == 1
        ? instruction.Arguments[0]
        : throw DockerfileError.Of($"{instruction.Title} requires exactly one argument");

    // Kept as it is when it is absolute, not even cleaned; Go's path.Join otherwise.
    private static string Resolve(string current, string path)
    {
        if (path.Length == 0)
            throw DockerfileError.Of("cannot normalize nothing");
        if (path.StartsWith('/'))
            return path;
        var parts = new List<string>();
        foreach (string part in $"{current}/{path}".Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not (".." or "."))
                parts.Add(part);
        }
        return $"/{string.Join('/', parts)}";
    }

    private static IReadOnlyList<string>? Command(Instruction instruction, ContainerConfig config)
    {
        bool isEmpty = instruction.Arguments.Count == 0;
        // An entry point of nothing is none; a command of nothing is an empty one.
        if (isEmpty && instruction.Name == "entrypoint")
            return null;
        return instruction.IsJson ? instruction.Arguments : [.. config.Shell is { Count: > 0 } shell ? shell : DefaultShell, .. instruction.Arguments];
    }

    private static string Trigger(Instruction instruction)
    {
        string name = AtLeastOne(instruction).Text.Split(default(char[]), 2)[0].ToUpperInvariant();
        return name switch
        {
            "ONBUILD" => throw DockerfileError.Of("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
            "FROM" or "MAINTAINER" => throw DockerfileError.Of($"{name} isn't allowed as an ONBUILD trigger"),
            _ => instruction.Text,
        };
    }

    private static Instruction AtLeastOne(Instruction instruction) =>
        instruction.Arguments.Count > 0 ? instruction : throw DockerfileError.Of($"{instruction.Title} requires at least one argument");
}
