using System.Runtime.InteropServices;

namespace OciImages.Layers.Internal.Linux;

/// <summary><c>struct mount_attr</c> of <c>mount_setattr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MountAttributes
{
    internal const ulong ReadOnly = 1;

    internal ulong Set;
    internal ulong Clear;
    internal ulong Propagation;
    internal ulong UserNamespace;
}
