using OciImages.Configs;

namespace OciImages.Import;

/// <summary>What an imported image becomes.</summary>
public sealed class ImportOptions
{
    /// <summary>The name for the image, without digest; without a tag it gets <c>latest</c>.</summary>
    /// <value>Default: null, for an image without name.</value>
    public ImageReference? Reference { get; set; }

    /// <summary>Dockerfile instructions for the image's config; see <see cref="ConfigChanges.Apply"/>.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Changes { get; set; } = [];

    /// <summary>The comment in the image's history.</summary>
    /// <value>Default: <c>Imported from -</c>, as Docker's for what it is given as a stream; so, too, when empty.</value>
    public string Message { get; set; } = "Imported from -";

    /// <summary>What the image is for; its system must be <c>linux</c>.</summary>
    /// <value>Default: null, for this machine's platform.</value>
    public Platform? Platform { get; set; }

    /// <summary>How many bytes the tar may unpack to; a guard against decompression bombs.</summary>
    /// <value>Default: 32 GiB.</value>
    public long MaxUnpackedSize { get; set; } = 32L << 30;
}
