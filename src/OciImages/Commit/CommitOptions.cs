using OciImages.Configs;

namespace OciImages.Commit;

/// <summary>What a committed image becomes.</summary>
public sealed class CommitOptions
{
    /// <summary>The name for the image, without digest; without a tag it gets <c>latest</c>.</summary>
    /// <value>Default: null, for an image without name.</value>
    public ImageReference? Reference { get; set; }

    /// <summary>Who made it.</summary>
    /// <value>Default: empty.</value>
    public string Author { get; set; } = "";

    /// <summary>The comment in the image's history.</summary>
    /// <value>Default: empty.</value>
    public string Comment { get; set; } = "";

    /// <summary>Dockerfile instructions for the image's config; see <see cref="ConfigChanges.Apply"/>.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Changes { get; set; } = [];

    /// <summary>
    /// The image that the layer was made on. Only needed where several stand on the same layers, and differ in what else they say.
    /// </summary>
    /// <value>Default: null, for the only one.</value>
    public ImageId? Image { get; set; }

    /// <summary>How the container was run. Its command is what the history tells, and what <see cref="Config"/> does not say is taken from it.</summary>
    /// <value>Default: null, for the config of the image.</value>
    public ContainerConfig? ContainerConfig { get; set; }

    /// <summary>How to run containers of the new image, before <see cref="Changes"/>.</summary>
    /// <value>Default: null, for <see cref="ContainerConfig"/>.</value>
    public ContainerConfig? Config { get; set; }
}
