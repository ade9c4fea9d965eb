using System.Buffers;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using OciImages.Manifests;

namespace OciImages.Testing;

/// <summary>
/// Makes small real images. The same calls give the same image: times are 1970-01-01, owners are 0. Digests of compressed layers may
/// be others under another version of .NET; tests that name digests turn <see cref="IsCompressed"/> off.
/// </summary>
public sealed class TestImageBuilder
{
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    private readonly List<byte[]> _tars = [];

    /// <summary>The media types.</summary>
    /// <value>Default: OCI's.</value>
    public TestImageFormat Format { get; set; }

    /// <summary>The platform.</summary>
    /// <value>Default: the one that this runs on.</value>
    public Platform Platform { get; set; } = Platform.Current;

    /// <summary>Whether layers are compressed by gzip.</summary>
    /// <value>Default: true.</value>
    public bool IsCompressed { get; set; } = true;

    /// <summary>Adds a layer of text files on top.</summary>
    /// <param name="files">
    /// Path and content of each, such as <c>("etc/motd", "hello\n")</c>. A whiteout is an empty file <c>.wh.NAME</c> (OCI image
    /// specification, "Whiteouts").
    /// </param>
    /// <returns>The builder.</returns>
    public TestImageBuilder AddLayer(params IReadOnlyList<(string Path, string Content)> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            foreach (var (path, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path)
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    Mode = FileMode,
                });
            }
        }
        return AddLayer(tar.ToArray());
    }

    /// <summary>Adds a layer on top.</summary>
    /// <param name="tar">The tar, not compressed.</param>
    /// <returns>The builder.</returns>
    public TestImageBuilder AddLayer(ReadOnlyMemory<byte> tar)
    {
        _tars.Add(tar.ToArray());
        return this;
    }

    /// <summary>Makes the image; the builder can go on with more layers for another one.</summary>
    /// <returns>The image.</returns>
    public TestImage Build()
    {
        bool isOci = Format == TestImageFormat.Oci;
        string layerType = (isOci, IsCompressed) switch
        {
            (true, true) => MediaTypes.OciLayerGzip,
            (true, false) => MediaTypes.OciLayer,
            (false, true) => MediaTypes.DockerLayerGzip,
            (false, false) => MediaTypes.DockerLayer,
        };
        var blobs = new Dictionary<Digest, ReadOnlyMemory<byte>>();
        var layers = _tars.Select(tar => Add(layerType, IsCompressed ? Compress(tar) : tar)).ToArray();
        var config = Add(isOci ? MediaTypes.OciConfig : MediaTypes.DockerConfig, CreateConfig());
        return new TestImage(ImageManifest.Create(config, layers, isOci ? MediaTypes.OciManifest : MediaTypes.DockerManifest), Platform, blobs, []);

        Descriptor Add(string mediaType, byte[] content)
        {
            var digest = Digest.Compute(content);
            blobs[digest] = content;
            return new Descriptor(mediaType, digest, content.Length);
        }
    }

    private byte[] CreateConfig()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("created"u8, DateTimeOffset.UnixEpoch);
            writer.WriteString("architecture"u8, Platform.Architecture);
            writer.WriteString("os"u8, Platform.Os);
            if (Platform.Variant is { Length: > 0 } variant)
                writer.WriteString("variant"u8, variant);
            writer.WriteStartObject("config"u8);
            writer.WriteEndObject();
            writer.WriteStartObject("rootfs"u8);
            writer.WriteString("type"u8, "layers"u8);
            writer.WriteStartArray("diff_ids"u8);
            foreach (byte[] tar in _tars)
                writer.WriteStringValue(Digest.Compute(tar).ToString());
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Compress(byte[] tar)
    {
        using var blob = new MemoryStream();
        using (var gzip = new GZipStream(blob, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(tar);
        return blob.ToArray();
    }
}
