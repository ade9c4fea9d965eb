using System.Buffers;
using System.Text.Json;
using OciImages.Internal;

namespace OciImages.Configs;

/// <summary>
/// Writes a config with the bytes that Docker 20.10 writes for the same values: names in order, Go's escapes and times, what is empty left
/// out. An ID so depends on nothing but the values.
/// </summary>
/// <remarks>Members that <see cref="ImageConfig"/> does not know are not carried over, nor by Docker.</remarks>
public sealed class ImageConfigBuilder
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };

    /// <summary>Starts with nothing.</summary>
    public ImageConfigBuilder()
    {
    }

    /// <summary>Starts with a config, to make another on top of it.</summary>
    /// <param name="config">The config.</param>
    public ImageConfigBuilder(ImageConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Platform = config.Platform;
        Created = config.Created;
        SubTick = config.SubTick;
        Author = config.Author;
        Comment = config.Comment;
        DockerVersion = config.DockerVersion;
        Container = config.Container;
        Config = config.Config;
        ContainerConfig = config.ContainerConfig;
        DiffIds = [.. config.DiffIds];
        History = [.. config.History];
    }

    /// <summary>What the image is for.</summary>
    /// <value>Default: null, for nothing said.</value>
    public Platform? Platform { get; set; }

    /// <summary>When the image was made; null is written as Go's time zero, as Docker does.</summary>
    /// <value>Default: null.</value>
    public DateTimeOffset? Created
    {
        get;
        set
        {
            field = value;
            SubTick = 0;
        }
    }

    /// <summary>Who made the image.</summary>
    /// <value>Default: empty.</value>
    public string Author { get; set; } = "";

    /// <summary>A comment.</summary>
    /// <value>Default: empty.</value>
    public string Comment { get; set; } = "";

    /// <summary>The version of Docker, or of what stands for it.</summary>
    /// <value>Default: empty.</value>
    public string DockerVersion { get; set; } = "";

    /// <summary>The ID of the container that the image is committed from.</summary>
    /// <value>Default: empty.</value>
    public string Container { get; set; } = "";

    /// <summary>How to run a container of the image.</summary>
    /// <value>Default: null, for nothing said.</value>
    public ContainerConfig? Config { get; set; }

    /// <summary>How the container was run that the image is committed from. Docker 20.10 always writes it.</summary>
    /// <value>Default: null, for nothing said.</value>
    public ContainerConfig? ContainerConfig { get; set; }

    /// <summary>The layers, lowest first.</summary>
    /// <value>Default: empty.</value>
    public IList<DiffId> DiffIds { get; } = [];

    /// <summary>How the layers came about, oldest first.</summary>
    /// <value>Default: empty.</value>
    public IList<HistoryEntry> History { get; } = [];

    private int SubTick { get; set; }

    /// <summary>Writes the config.</summary>
    /// <returns>The config with its bytes and ID.</returns>
    /// <exception cref="OciException">
    /// The values contradict each other, or there are too many of them (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    public ImageConfig Build()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
            Write(writer);
        return ImageConfig.Parse(buffer.WrittenMemory);
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        WriteUnlessEmpty(writer, "architecture", Platform?.Architecture);
        WriteUnlessEmpty(writer, "author", Author);
        WriteUnlessEmpty(writer, "comment", Comment);
        WriteRun(writer, "config", Config);
        WriteUnlessEmpty(writer, "container", Container);
        WriteRun(writer, "container_config", ContainerConfig);
        writer.WriteString("created"u8, JsonTime.Format(Created, SubTick));
        WriteUnlessEmpty(writer, "docker_version", DockerVersion);
        if (History.Count > 0)
        {
            writer.WriteStartArray("history"u8);
            foreach (var entry in History)
                HistoryEntryJson.Write(writer, entry);
            writer.WriteEndArray();
        }
        WriteUnlessEmpty(writer, "os", Platform?.Os);
        if (Platform is { OsFeatures.Count: > 0 })
            ContainerConfigWriter.WriteList(writer, "os.features", Platform.OsFeatures);
        WriteUnlessEmpty(writer, "os.version", Platform?.OsVersion);
        WriteRootFs(writer);
        WriteUnlessEmpty(writer, "variant", Platform?.Variant);
        writer.WriteEndObject();
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            writer.WriteString(name, value);
    }

    private static void WriteRun(Utf8JsonWriter writer, string name, ContainerConfig? config)
    {
        if (config is null)
            return;
        writer.WritePropertyName(name);
        ContainerConfigWriter.Write(writer, config);
    }

    private void WriteRootFs(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("rootfs"u8);
        writer.WriteString("type"u8, "layers"u8);
        if (DiffIds.Count > 0)
            ContainerConfigWriter.WriteList(writer, "diff_ids", [.. DiffIds.Select(diffId => diffId.ToString())]);
        writer.WriteEndObject();
    }
}
