namespace OciImages.Layers.Tar;

/// <summary>What a tar member is.</summary>
public enum TarEntryType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>Another name of a member that came before.</summary>
    HardLink,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A PAX global header: metadata, nothing to unpack.</summary>
    GlobalHeader,

    /// <summary>A type that this reader knows no meaning of.</summary>
    Unknown,
}
