using System.IO.Compression;
using System.Text;

namespace OciImages.TestSupport.Images;

/// <summary>Makes an OCI image layout with its own few lines, so that what reads it is judged by something else than itself.</summary>
public sealed class OciLayoutBuilder
{
    private readonly List<(Descriptor Manifest, string? Name)> _index = [];

    public OciLayoutBuilder(string directory)
    {
        Path = directory;
        Directory.CreateDirectory(System.IO.Path.Combine(directory, "blobs", "sha256"));
        File.WriteAllText(System.IO.Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
    }

    public string Path { get; }

    public Descriptor AddBlob(string mediaType, ReadOnlySpan<byte> content)
    {
        var digest = Digest.Compute(content);
        File.WriteAllBytes(System.IO.Path.Combine(Path, "blobs", "sha256", digest.Hex), content);
        return new Descriptor(mediaType, digest, content.Length);
    }

    /// <summary>Adds a layer compressed with gzip.</summary>
    public TestLayer AddGzipLayer(byte[] tar)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(tar);
        return new TestLayer(AddBlob(MediaTypes.OciLayerGzip, compressed.ToArray()), new DiffId(Digest.Compute(tar)));
    }

    /// <summary>Adds a layer as it is.</summary>
    public TestLayer AddLayer(byte[] tar) => new(AddBlob(MediaTypes.OciLayer, tar), new DiffId(Digest.Compute(tar)));

    /// <summary>Adds an image.</summary>
    /// <param name="name">The tag in the layout; null for none.</param>
    /// <param name="layers">The layers, lowest first.</param>
    /// <param name="platform">The platform; null for linux/amd64.</param>
    public Descriptor AddImage(string? name, IReadOnlyList<TestLayer> layers, Platform? platform = null)
    {
        platform ??= new Platform("linux", "amd64");
        string config = $$$"""
            {"created":"2023-11-14T22:13:20.5Z","architecture":"{{{platform.Architecture}}}","os":"{{{platform.Os}}}","x-unknown":{"kept":[1,2.50]},
            "config":{"Env":["PATH=/usr/bin:/bin","A=<b>&c"],"Cmd":["/bin/sh"],"Labels":{"org.example":"yes"}},
            "rootfs":{"type":"layers","diff_ids":[{{{Join(layers.Select(layer => $"\"{layer.DiffId}\""))}}}]},
            "history":[{{{Join(layers.Select((_, i) => $"{{\"created\":\"2023-11-14T22:13:20Z\",\"created_by\":\"step {i}\"}}"))}}},{"created_by":"CMD [\"/bin/sh\"]","empty_layer":true}]}
            """;
        var configBlob = AddBlob(MediaTypes.OciConfig, Encoding.UTF8.GetBytes(config));
        string manifest = $$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{Json(configBlob)}},"layers":[{{Join(layers.Select(layer => Json(layer.Blob)))}}]}
            """;
        var descriptor = AddBlob(MediaTypes.OciManifest, Encoding.UTF8.GetBytes(manifest)) with { Platform = platform };
        AddToIndex(descriptor, name);
        return descriptor;
    }

    /// <summary>Adds an index of images.</summary>
    public Descriptor AddIndex(string name, params IReadOnlyList<Descriptor> manifests)
    {
        string index = $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{Join(manifests.Select(Json))}}]}""";
        var descriptor = AddBlob(MediaTypes.OciIndex, Encoding.UTF8.GetBytes(index));
        AddToIndex(descriptor, name);
        return descriptor;
    }

    private void AddToIndex(Descriptor manifest, string? name)
    {
        _index.Add((manifest, name));
        var named = _index.Where(entry => entry.Name is not null)
            .Select(entry => $"{Json(entry.Manifest)[..^1]},\"annotations\":{{\"org.opencontainers.image.ref.name\":\"{entry.Name}\"}}}}");
        File.WriteAllText(System.IO.Path.Combine(Path, "index.json"), $$"""{"schemaVersion":2,"manifests":[{{Join(named)}}]}""");
    }

    private static string Json(Descriptor descriptor)
    {
        string platform = descriptor.Platform is { } p ? $",\"platform\":{{\"architecture\":\"{p.Architecture}\",\"os\":\"{p.Os}\"}}" : "";
        return $"{{\"mediaType\":\"{descriptor.MediaType}\",\"digest\":\"{descriptor.Digest}\",\"size\":{descriptor.Size}{platform}}}";
    }

    private static string Join(IEnumerable<string> parts) => string.Join(',', parts);
}
