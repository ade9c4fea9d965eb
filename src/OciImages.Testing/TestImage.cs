using OciImages.Manifests;

namespace OciImages.Testing;

/// <summary>A whole image or index in memory: a manifest, and all that it refers to.</summary>
/// <threadsafety>It never changes.</threadsafety>
public sealed class TestImage
{
    internal TestImage(Manifest manifest, Platform? platform, IReadOnlyDictionary<Digest, ReadOnlyMemory<byte>> blobs, IReadOnlyList<TestImage> images) =>
        (Manifest, Platform, Blobs, Images) = (manifest, platform, blobs, images);

    /// <summary>The manifest or index.</summary>
    public Manifest Manifest { get; }

    /// <summary>The digest of the manifest, by which the image can be pulled.</summary>
    public Digest Digest => Manifest.Content.Descriptor.Digest;

    /// <summary>The platform; null for an index.</summary>
    public Platform? Platform { get; }

    /// <summary>Config and layers by digest; empty for an index.</summary>
    public IReadOnlyDictionary<Digest, ReadOnlyMemory<byte>> Blobs { get; }

    /// <summary>The images of an index; empty for an image.</summary>
    public IReadOnlyList<TestImage> Images { get; }

    /// <summary>Makes a multi-platform index.</summary>
    /// <param name="images">The images.</param>
    /// <param name="format">The index's media type.</param>
    /// <returns>The index.</returns>
    public static TestImage CreateIndex(IReadOnlyList<TestImage> images, TestImageFormat format = TestImageFormat.Oci)
    {
        ArgumentNullException.ThrowIfNull(images);
        var entries = images.Select(image => new Descriptor(image.Manifest.MediaType, image.Digest, image.Manifest.Content.Descriptor.Size) { Platform = image.Platform });
        var index = ImageIndex.Create([.. entries], format == TestImageFormat.Oci ? MediaTypes.OciIndex : MediaTypes.DockerManifestList);
        return new TestImage(index, null, new Dictionary<Digest, ReadOnlyMemory<byte>>(), [.. images]);
    }
}
