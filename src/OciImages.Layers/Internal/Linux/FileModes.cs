namespace OciImages.Layers.Internal.Linux;

/// <summary>The bits of <c>st_mode</c>.</summary>
internal static class FileModes
{
    internal const uint TypeMask = 0xF000;
    internal const uint Fifo = 0x1000;
    internal const uint CharacterDevice = 0x2000;
    internal const uint Directory = 0x4000;
    internal const uint BlockDevice = 0x6000;
    internal const uint File = 0x8000;
    internal const uint SymbolicLink = 0xA000;
    internal const uint Socket = 0xC000;

    internal const uint PermissionMask = 0xFFF;
    internal const uint SetUserId = 0x800;
    internal const uint SetGroupId = 0x400;

    /// <summary>A device number as the kernel takes it from user space.</summary>
    internal static uint MakeDevice(uint major, uint minor) => (minor & 0xFF) | ((major & 0xFFF) << 8) | ((minor & ~0xFFu) << 12);
}
