namespace OciImages.Configs;

/// <summary>How to find out whether a container works (Docker). A time or number of zero means that nothing is said.</summary>
public sealed record Healthcheck
{
    /// <summary>
    /// The test: <c>NONE</c> for no check, <c>CMD</c> and a command, or <c>CMD-SHELL</c> and a line for the shell; empty to inherit it.
    /// </summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Test { get; init; } = [];

    /// <summary>The time between two checks.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan Interval { get; init; }

    /// <summary>How long a check may take.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan Timeout { get; init; }

    /// <summary>How long after the start failures do not count.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan StartPeriod { get; init; }

    /// <summary>The time between two checks within <see cref="StartPeriod"/>.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan StartInterval { get; init; }

    /// <summary>How many failures in a row make it unhealthy.</summary>
    /// <value>Default: 0.</value>
    public long Retries { get; init; }
}
