using OciImages.Configs;

namespace OciImages.Commit.Internal;

/// <summary>Fills what a config does not say from another; moby, <c>merge</c> in <c>daemon/commit.go</c>.</summary>
internal static class ConfigMerge
{
    internal static ContainerConfig Merge(ContainerConfig config, ContainerConfig other)
    {
        // A command is taken from there only together with the entry point it belongs to.
        bool takesCommand = config is { Entrypoint: null or { Count: 0 }, Cmd: null or { Count: 0 } };
        return config with
        {
            User = Text(config.User, other.User),
            ExposedPorts = Union(config.ExposedPorts, other.ExposedPorts)!,
            Env = MergeEnv(config.Env, other.Env),
            Labels = MergeLabels(config.Labels, other.Labels),
            Cmd = takesCommand ? other.Cmd : config.Cmd,
            ArgsEscaped = takesCommand ? other.ArgsEscaped : config.ArgsEscaped,
            Entrypoint = config.Entrypoint ?? other.Entrypoint,
            Healthcheck = MergeHealthcheck(config.Healthcheck, other.Healthcheck),
            WorkingDir = Text(config.WorkingDir, other.WorkingDir),
            Volumes = Union(config.Volumes, other.Volumes),
            StopSignal = Text(config.StopSignal, other.StopSignal),
        };
    }

    private static string Text(string text, string other) => text.Length > 0 ? text : other;

    private static IReadOnlyList<string>? Union(IReadOnlyList<string>? keys, IReadOnlyList<string>? others) =>
        keys is null or { Count: 0 } ? others : [.. keys.Concat(others ?? []).Distinct(StringComparer.Ordinal)];

    private static IReadOnlyList<string>? MergeEnv(IReadOnlyList<string>? env, IReadOnlyList<string>? others)
    {
        if (env is null or { Count: 0 })
            return others;
        var names = env.Select(Name).ToHashSet(StringComparer.Ordinal);
        return [.. env, .. (others ?? []).Where(entry => names.Add(Name(entry)))];

        static string Name(string entry) => entry.Split('=', 2)[0];
    }

    private static Dictionary<string, string> MergeLabels(IReadOnlyDictionary<string, string>? labels, IReadOnlyDictionary<string, string>? others)
    {
        var merged = new Dictionary<string, string>(labels ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var (name, value) in others ?? new Dictionary<string, string>())
            merged.TryAdd(name, value);
        return merged;
    }

    private static Healthcheck? MergeHealthcheck(Healthcheck? check, Healthcheck? other)
    {
        if (check is null || other is null)
            return check ?? other;
        return new Healthcheck
        {
            Test = check.Test.Count > 0 ? check.Test : other.Test,
            Interval = Time(check.Interval, other.Interval),
            Timeout = Time(check.Timeout, other.Timeout),
            StartPeriod = Time(check.StartPeriod, other.StartPeriod),
            StartInterval = Time(check.StartInterval, other.StartInterval),
            Retries = check.Retries != 0 ? check.Retries : other.Retries,
        };

        static TimeSpan Time(TimeSpan time, TimeSpan other) => time != TimeSpan.Zero ? time : other;
    }
}
