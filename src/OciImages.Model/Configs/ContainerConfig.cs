namespace OciImages.Configs;

/// <summary>
/// How to run a container. OCI image specification, "Image Configuration", <c>config</c>, with the members that Docker adds.
/// </summary>
/// <remarks>
/// Where null and empty differ, as they do for <see cref="Entrypoint"/> and <see cref="Cmd"/>, null means that nothing is said; Docker
/// writes the two differently, so that they make different image IDs. Equality compares references of the list members.
/// </remarks>
public sealed record ContainerConfig
{
    /// <summary>The user and group to run as, by name or number, such as <c>1000:1000</c>.</summary>
    /// <value>Default: empty, for root.</value>
    public string User { get; init; } = "";

    /// <summary>The ports that it listens on, such as <c>8080/tcp</c>.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary>The environment, as <c>NAME=value</c>; not checked; null when nothing is said.</summary>
    /// <value>Default: null.</value>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>The command that arguments are appended to; null when nothing is said.</summary>
    /// <value>Default: null.</value>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>The arguments, or the command when there is no entry point; null when nothing is said.</summary>
    /// <value>Default: null.</value>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>The paths that get a volume; null when nothing is said.</summary>
    /// <value>Default: null.</value>
    public IReadOnlyList<string>? Volumes { get; init; }

    /// <summary>The directory to start in.</summary>
    /// <value>Default: empty, for <c>/</c>.</value>
    public string WorkingDir { get; init; } = "";

    /// <summary>Arbitrary metadata; null when nothing is said.</summary>
    /// <value>Default: null.</value>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The signal to stop it with, such as <c>SIGTERM</c> or <c>15</c>.</summary>
    /// <value>Default: empty.</value>
    public string StopSignal { get; init; } = "";

    /// <summary>How many seconds to wait between that signal and SIGKILL; null when nothing is said (Docker).</summary>
    /// <value>Default: null.</value>
    public long? StopTimeout { get; init; }

    /// <summary>Whether the command is escaped already (Windows).</summary>
    /// <value>Default: false.</value>
    public bool ArgsEscaped { get; init; }

    /// <summary>How to find out whether it works; null when nothing is said (Docker).</summary>
    /// <value>Default: null.</value>
    public Healthcheck? Healthcheck { get; init; }

    /// <summary>The shell of the shell forms of Dockerfile instructions; null when nothing is said (Docker).</summary>
    /// <value>Default: null.</value>
    public IReadOnlyList<string>? Shell { get; init; }

    /// <summary>The Dockerfile instructions to run when an image is built on this one; null when nothing is said (Docker).</summary>
    /// <value>Default: null.</value>
    public IReadOnlyList<string>? OnBuild { get; init; }

    /// <summary>The host name (Docker).</summary>
    /// <value>Default: empty.</value>
    public string Hostname { get; init; } = "";

    /// <summary>The domain name (Docker).</summary>
    /// <value>Default: empty.</value>
    public string Domainname { get; init; } = "";

    /// <summary>The image that it was made of, as it was named (Docker).</summary>
    /// <value>Default: empty.</value>
    public string Image { get; init; } = "";

    /// <summary>The hardware address of its network interface (Docker).</summary>
    /// <value>Default: empty.</value>
    public string MacAddress { get; init; } = "";

    /// <summary>Whether it has no network (Docker).</summary>
    /// <value>Default: false.</value>
    public bool NetworkDisabled { get; init; }

    /// <summary>Whether standard input is attached (Docker).</summary>
    /// <value>Default: false.</value>
    public bool AttachStdin { get; init; }

    /// <summary>Whether standard output is attached (Docker).</summary>
    /// <value>Default: false.</value>
    public bool AttachStdout { get; init; }

    /// <summary>Whether standard error is attached (Docker).</summary>
    /// <value>Default: false.</value>
    public bool AttachStderr { get; init; }

    /// <summary>Whether it gets a terminal (Docker).</summary>
    /// <value>Default: false.</value>
    public bool Tty { get; init; }

    /// <summary>Whether standard input is open (Docker).</summary>
    /// <value>Default: false.</value>
    public bool OpenStdin { get; init; }

    /// <summary>Whether standard input closes when the first client leaves (Docker).</summary>
    /// <value>Default: false.</value>
    public bool StdinOnce { get; init; }

    /// <summary>The memory limit in bytes; 0 for none (Docker).</summary>
    /// <value>Default: 0.</value>
    public long Memory { get; init; }

    /// <summary>The limit of memory and swap together in bytes; 0 for none, -1 for unlimited swap (Docker).</summary>
    /// <value>Default: 0.</value>
    public long MemorySwap { get; init; }

    /// <summary>The relative weight of its processor time; 0 for the default (Docker).</summary>
    /// <value>Default: 0.</value>
    public long CpuShares { get; init; }
}
