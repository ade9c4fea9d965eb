using System.Runtime.InteropServices;

namespace OciImages.Layers.Internal.Linux;

/// <summary><c>struct statx</c>, which looks the same on every architecture; <c>struct stat</c> does not.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatxData
{
    [FieldOffset(16)] internal uint LinkCount;
    [FieldOffset(20)] internal uint UserId;
    [FieldOffset(24)] internal uint GroupId;
    [FieldOffset(28)] internal ushort Mode;
    [FieldOffset(32)] internal ulong Inode;
    [FieldOffset(40)] internal ulong Size;
    [FieldOffset(48)] internal ulong Blocks;
    [FieldOffset(64)] internal long AccessSeconds;
    [FieldOffset(72)] internal uint AccessNanoseconds;
    [FieldOffset(112)] internal long ModificationSeconds;
    [FieldOffset(120)] internal uint ModificationNanoseconds;
    [FieldOffset(128)] internal uint SpecialMajor;
    [FieldOffset(132)] internal uint SpecialMinor;
    [FieldOffset(136)] internal uint DeviceMajor;
    [FieldOffset(140)] internal uint DeviceMinor;

    internal readonly uint Type => Mode & FileModes.TypeMask;

    internal readonly uint Permissions => Mode & FileModes.PermissionMask;

    internal readonly bool IsDirectory => Type == FileModes.Directory;

    /// <summary>Whether overlay takes the inode for a whiteout.</summary>
    internal readonly bool IsWhiteout => Type == FileModes.CharacterDevice && SpecialMajor == 0 && SpecialMinor == 0;

    internal readonly Timespec AccessTime => new(AccessSeconds, AccessNanoseconds);

    internal readonly Timespec ModificationTime => new(ModificationSeconds, ModificationNanoseconds);
}
