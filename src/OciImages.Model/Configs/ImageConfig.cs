using System.Text.Json;
using OciImages.Internal;

namespace OciImages.Configs;

/// <summary>
/// The config of an image together with its exact bytes, whose SHA-256 is the image's ID. OCI image specification, "Image
/// Configuration"; Docker's "Image JSON" is the same with more members.
/// </summary>
/// <remarks>
/// Members that this type does not know stay in <see cref="Bytes"/>, which is what stores and pushes carry; see
/// <see cref="TryGetMember"/>. <see cref="ImageConfigBuilder"/> writes configs. The config of an artifact that is no image, such as
/// <c>{}</c>, is not read by this type.
/// As for Go, null is as good as nothing, and names of members count in any case; but a member twice is refused.
/// </remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed class ImageConfig
{
    /// <summary>The most bytes that a config may have: 4 MiB, as a manifest.</summary>
    public const int MaxSize = 4 * 1024 * 1024;

    /// <summary>The most history entries, and the most layers, that a config may have; no storage driver takes a tenth of it.</summary>
    public const int MaxEntries = 10_000;

    private static readonly string[] Names =
    [
        "created", "author", "architecture", "variant", "os", "os.version", "os.features", "config", "rootfs", "history",
        "comment", "docker_version", "container", "container_config",
    ];

    private static readonly string[] RootFsNames = ["type", "diff_ids"];

    private ImageConfig(ReadOnlyMemory<byte> bytes, ImageId id, JsonMembers members)
    {
        Bytes = bytes;
        Id = id;
        Created = JsonTime.Optional(members, "created");
        SubTick = JsonTime.SubTick(members, "created");
        Author = members.OptionalText("author") ?? "";
        Comment = members.OptionalText("comment") ?? "";
        DockerVersion = members.OptionalText("docker_version") ?? "";
        Container = members.OptionalText("container") ?? "";
        Platform = new Platform(
            members.OptionalText("os") ?? "", members.OptionalText("architecture") ?? "", members.OptionalText("variant"))
        {
            OsVersion = members.OptionalText("os.version"),
            OsFeatures = members.OptionalTexts("os.features") ?? [],
        };
        Config = ContainerConfigJson.Optional(members, "config");
        ContainerConfig = ContainerConfigJson.Optional(members, "container_config");
        DiffIds = ReadDiffIds(members);
        History = ReadHistory(members);
        int withLayer = History.Count(h => !h.EmptyLayer);
        if (withLayer > DiffIds.Count)
        {
            throw StrictJson.Fault(
                members.Where, $"has {withLayer} history entries with a layer, but only {DiffIds.Count} layers in \"rootfs\"");
        }
    }

    /// <summary>The exact bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The image's ID: the SHA-256 of <see cref="Bytes"/>.</summary>
    public ImageId Id { get; }

    /// <summary>What the image is for; empty strings where the config leaves it out.</summary>
    public Platform Platform { get; }

    /// <summary>The operating system, such as <c>linux</c>; empty when it is left out.</summary>
    public string Os => Platform.Os;

    /// <summary>The processor architecture, such as <c>amd64</c>; empty when it is left out.</summary>
    public string Architecture => Platform.Architecture;

    /// <summary>The variant of the architecture; null for none.</summary>
    public string? Variant => Platform.Variant;

    /// <summary>The version of the operating system; null for none.</summary>
    public string? OsVersion => Platform.OsVersion;

    /// <summary>Features of the operating system that the image needs; empty for none.</summary>
    public IReadOnlyList<string> OsFeatures => Platform.OsFeatures;

    /// <summary>When the image was made, to 100 ns (the bytes may say it to 1 ns); null when it is left out.</summary>
    public DateTimeOffset? Created { get; }

    /// <summary>Who made the image; empty when it is left out.</summary>
    public string Author { get; }

    /// <summary>A comment; empty when it is left out.</summary>
    public string Comment { get; }

    /// <summary>The version of Docker that made the image; empty when it is left out.</summary>
    public string DockerVersion { get; }

    /// <summary>The ID of the container that the image was committed from (Docker); empty when it is left out.</summary>
    public string Container { get; }

    /// <summary>How to run a container of the image; null when it is left out.</summary>
    public ContainerConfig? Config { get; }

    /// <summary>
    /// How the container was run that the image was committed from (Docker's <c>container_config</c>); null when it is left out.
    /// </summary>
    public ContainerConfig? ContainerConfig { get; }

    /// <summary>The layers, lowest first; empty for an image without any.</summary>
    public IReadOnlyList<DiffId> DiffIds { get; }

    /// <summary>How the layers came about, oldest first; may be empty or shorter than the layers.</summary>
    public IReadOnlyList<HistoryEntry> History { get; }

    /// <summary>The nanoseconds that <see cref="Created"/> has no room for.</summary>
    internal int SubTick { get; }

    /// <summary>Reads a config.</summary>
    /// <param name="bytes">The bytes; at most <see cref="MaxSize"/>. Not copied: the caller does not change them.</param>
    /// <returns>The config.</returns>
    /// <exception cref="OciException">
    /// It is malformed, contradicts itself or is too large (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    public static ImageConfig Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxSize)
        {
            throw new OciException(
                OciErrorKind.InvalidInput, $"An image config of {bytes.Length} bytes is larger than the {MaxSize} bytes allowed.");
        }
        var id = new ImageId(Digest.Compute(bytes.Span));
        string where = $"The image config {id}";
        using var document = StrictJson.Parse(bytes, where);
        return new ImageConfig(bytes, id, JsonMembers.Of(document.RootElement, Names, where));
    }

    /// <summary>Reads a member as it is written, known to this type or not.</summary>
    /// <param name="name">The name, compared exactly.</param>
    /// <param name="value">The member.</param>
    /// <returns>Whether there is such a member at the top level.</returns>
    public bool TryGetMember(string name, out JsonElement value)
    {
        using var document = StrictJson.Parse(Bytes, $"The image config {Id}");
        bool found = document.RootElement.TryGetProperty(name, out value);
        value = found ? value.Clone() : default;
        return found;
    }

    /// <summary>The ID.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Id.ToString();

    private static DiffId[] ReadDiffIds(JsonMembers members)
    {
        if (!members.Has("rootfs"))
            throw members.Fault("rootfs", "is missing");
        var rootFs = JsonMembers.Of(members["rootfs"], RootFsNames, members.Path("rootfs"));
        string type = rootFs.RequiredText("type");
        if (type != "layers")
            throw rootFs.Fault("type", $"must be \"layers\", not {Excerpt.Of(type)}");
        CheckCount(rootFs, "diff_ids");
        return rootFs.OptionalList("diff_ids", static (element, where) => Digest.TryParse(StrictJson.Text(element, where), out var digest)
            ? new DiffId(digest)
            : throw StrictJson.Fault(where, $"is not a digest: {Excerpt.Of(element.GetString())}")) ?? [];
    }

    private static HistoryEntry[] ReadHistory(JsonMembers members)
    {
        CheckCount(members, "history");
        return members.OptionalList("history", HistoryEntryJson.Read) ?? [];
    }

    private static void CheckCount(JsonMembers members, string name)
    {
        if (members.OptionalArray(name) is { } array && array.GetArrayLength() > MaxEntries)
            throw members.Fault(name, $"has {array.GetArrayLength()} entries, more than the {MaxEntries} allowed");
    }
}
