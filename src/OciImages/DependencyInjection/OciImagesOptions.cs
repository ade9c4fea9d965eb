using OciImages.Registry;
using OciImages.Roots;
using OciImages.Transfers;

namespace OciImages.DependencyInjection;

/// <summary>Everything that <c>AddOciImages</c> can be told.</summary>
public sealed class OciImagesOptions
{
    /// <summary>Where images are kept.</summary>
    /// <value>Default: see <see cref="ImageRootOptions"/>.</value>
    public ImageRootOptions Root { get; } = new();

    /// <summary>How registries are spoken to.</summary>
    /// <value>Default: see <see cref="RegistryClientOptions"/>.</value>
    public RegistryClientOptions Registry { get; } = new();

    /// <summary>How layers are transferred.</summary>
    /// <value>Default: see <see cref="TransferOptions"/>.</value>
    public TransferOptions Transfers { get; } = new();
}
