namespace OciImages.Layers.Tar;

/// <summary>
/// One member of a tar, with PAX records and GNU long names already applied. POSIX.1-2017 "pax", section "pax Interchange Format";
/// GNU tar manual, "Basic Tar Format" and "GNU extensions". <see cref="TarReader"/> gives them, <see cref="TarWriter"/> takes them.
/// </summary>
/// <remarks>Names are bytes: tars hold names that are not UTF-8, and a layer must keep them.</remarks>
public sealed class TarEntry
{
    /// <summary>The type.</summary>
    public required TarEntryType Type { get; init; }

    /// <summary>The type flag of the header as it stands there; 0 in an entry to be written, whose <see cref="Type"/> alone counts.</summary>
    public byte TypeFlag { get; init; }

    /// <summary>The name, as in the archive: not cleaned, any bytes but NUL.</summary>
    public required ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>The target of a hard or symbolic link; empty otherwise.</summary>
    public ReadOnlyMemory<byte> LinkName { get; init; }

    /// <summary>The size in bytes of the file as it will be on disk; 0 for everything but files.</summary>
    public long Size { get; init; }

    /// <summary>How many bytes of content the archive holds for the member; less than <see cref="Size"/> for sparse files.</summary>
    public long StoredSize { get; init; }

    /// <summary>The low 12 bits of the mode: permissions, setuid, setgid, sticky.</summary>
    public int Mode { get; init; }

    /// <summary>The owner's number.</summary>
    public long UserId { get; init; }

    /// <summary>The group's number.</summary>
    public long GroupId { get; init; }

    /// <summary>The owner's name; empty when the archive has none.</summary>
    public string UserName { get; init; } = "";

    /// <summary>The group's name; empty when the archive has none.</summary>
    public string GroupName { get; init; } = "";

    /// <summary>The time of last modification.</summary>
    public TarTime ModificationTime { get; init; }

    /// <summary>The time of last access, if the archive has one.</summary>
    public TarTime? AccessTime { get; init; }

    /// <summary>The major number of a device.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>The minor number of a device.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes (PAX records <c>SCHILY.xattr.*</c>): name and binary value, in archive order.</summary>
    public IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> ExtendedAttributes { get; init; } = [];

    /// <summary>The map of a sparse file: where its stored bytes go, in order, without empty runs; null for a file without holes.</summary>
    public IReadOnlyList<TarSparseSegment>? SparseMap { get; init; }
}
