using System.Runtime.InteropServices;

namespace OciImages.Layers.Internal.Linux;

/// <summary><c>struct open_how</c>: how <c>openat2</c> opens and what a path may pass through.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow(int flags, ulong resolve)
{
    internal ulong Flags = (uint)flags;
    internal ulong Mode;
    internal ulong Resolve = resolve;
}
