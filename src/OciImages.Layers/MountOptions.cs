namespace OciImages.Layers;

/// <summary>How a tree is mounted.</summary>
public sealed class MountOptions
{
    /// <summary>The directory to mount on; made when it is missing.</summary>
    /// <value>Default: null, for a new directory of the driver's choice that is removed again at unmount.</value>
    public string? Target { get; set; }

    /// <summary>Whether the tree can only be read. A writable mount needs a writable layer.</summary>
    /// <value>Default: true.</value>
    public bool ReadOnly { get; set; } = true;

    /// <summary>The SELinux label that all files of the mount get; the kernel's mount option <c>context</c>.</summary>
    /// <value>Default: null, for none. Only overlay2 on a kernel with SELinux knows labels; elsewhere a label is an error.</value>
    public string? Label { get; set; }
}
