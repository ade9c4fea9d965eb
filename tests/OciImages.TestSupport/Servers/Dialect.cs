namespace OciImages.TestSupport.Servers;

/// <summary>The peculiarities of a registry, as they were met on the real ones.</summary>
/// <param name="Name">The registry's name.</param>
public sealed record Dialect(string Name)
{
    /// <summary>The least bytes of a <c>PATCH</c> but the last.</summary>
    public int MinChunk { get; init; }

    /// <summary>Whether the registry tells <see cref="MinChunk"/> by <c>OCI-Chunk-Min-Length</c>.</summary>
    public bool TellsMinChunk { get; init; }

    /// <summary>The most bytes of a <c>PATCH</c>; beyond, 416.</summary>
    public int? MaxChunk { get; init; }

    /// <summary>The most bytes of any body; beyond, 413, as a proxy in front says.</summary>
    public int? MaxBody { get; init; }

    /// <summary>Whether only one <c>PATCH</c> is taken.</summary>
    public bool HasOnePatch { get; init; }

    /// <summary>Whether a <c>PUT</c> with content is refused.</summary>
    public bool NeedsPatch { get; init; }

    /// <summary>What a <c>PATCH</c> is answered with.</summary>
    public int PatchStatus { get; init; } = 202;

    /// <summary>What a <c>PUT</c> is answered with.</summary>
    public int PutStatus { get; init; } = 201;

    /// <summary>What an upload's status is answered with.</summary>
    public int StatusStatus { get; init; } = 204;

    /// <summary>Whether the answer's <c>Range</c> stays at the end of the first part.</summary>
    public bool RangeIsStuck { get; init; }

    /// <summary>Whether the answer's <c>Range</c> is that within the part.</summary>
    public bool RangeIsRelative { get; init; }

    /// <summary>Whether a part that was cut is kept as far as it came.</summary>
    public bool KeepsCutParts { get; init; }

    /// <summary>Whether a <c>mount</c> without <c>from</c> is an error.</summary>
    public bool MountNeedsFrom { get; init; }

    /// <summary>Whether mounts are known at all.</summary>
    public bool KnowsMounts { get; init; } = true;

    /// <summary>The first part of repositories that exist; others are answered with 401, as by a missing project.</summary>
    public string? Project { get; init; }

    /// <summary>Whether uploads go to another host.</summary>
    public bool UploadsElsewhere { get; init; }

    /// <summary>Whether <c>Location</c> is a path, and not a URL.</summary>
    public bool LocationIsRelative { get; init; }

    /// <summary>Whether <c>HEAD</c> is answered with 405.</summary>
    public bool KnowsNoHead { get; init; }

    /// <summary>Those that are known.</summary>
    public static IReadOnlyList<Dialect> All { get; } =
    [
        new("specification") { KeepsCutParts = true },
        new("ECR") { MinChunk = 5 << 20, PatchStatus = 201, RangeIsStuck = true },
        new("GAR") { HasOnePatch = true, LocationIsRelative = true },
        new("GHCR") { MaxChunk = 4 << 20, LocationIsRelative = true },
        new("ACR") { KeepsCutParts = true, LocationIsRelative = true },
        new("Quay") { MountNeedsFrom = true, StatusStatus = 202 },
        new("Harbor") { Project = "team" },
        new("Artifactory") { NeedsPatch = true, PutStatus = 200 },
        new("Docker Hub") { UploadsElsewhere = true },
        new("Aliyun") { RangeIsRelative = true },
        new("chunk minimum") { MinChunk = 6 << 20, TellsMinChunk = true, KeepsCutParts = true },
        new("body limit") { MaxBody = 3 << 20 },
        new("no content") { PutStatus = 204, PatchStatus = 204, StatusStatus = 200, KnowsMounts = false, KnowsNoHead = true },
    ];

    public static Dialect Get(string name) => All.Single(dialect => dialect.Name == name);
}
