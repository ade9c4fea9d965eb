using System.Text;

namespace OciImages.TestSupport.Tars;

/// <summary>One member for <see cref="TarBuilder"/>; everything can be set, also what no sane tar holds.</summary>
public sealed record TarMember
{
    public TarMember(string name) => Name = Encoding.UTF8.GetBytes(name);

    public TarMember(byte[] name) => Name = name;

    public byte[] Name { get; init; }

    /// <summary>The type flag.</summary>
    public char Type { get; init; } = '0';

    public byte[] Content { get; init; } = [];

    public byte[] LinkName { get; init; } = [];

    public long Mode { get; init; } = 0x1a4;

    public long UserId { get; init; }

    public long GroupId { get; init; }

    public string UserName { get; init; } = "";

    public string GroupName { get; init; } = "";

    /// <summary>Seconds since the epoch.</summary>
    public long ModificationTime { get; init; } = 1_700_000_000;

    public long DeviceMajor { get; init; }

    public long DeviceMinor { get; init; }

    public TarDialect Dialect { get; init; }

    /// <summary>PAX records beyond those that the member needs.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> PaxRecords { get; init; } = [];

    /// <summary>What the size field says, when it is not the length of the content.</summary>
    public long? DeclaredSize { get; init; }

    /// <summary>Changes the finished header block; the checksum is computed afterwards.</summary>
    public Action<byte[]>? Override { get; init; }

    /// <summary>Changes the header block after the checksum was computed.</summary>
    public Action<byte[]>? OverrideAll { get; init; }

    /// <summary>What fills the last block of content.</summary>
    public byte PaddingByte { get; init; }

    public TarMember WithRecord(string key, string value) => WithRecord(key, Encoding.UTF8.GetBytes(value));

    public TarMember WithRecord(string key, byte[] value) => this with { PaxRecords = [.. PaxRecords, new(key, value)] };

    public TarMember WithAttribute(string name, byte[] value) => WithRecord("SCHILY.xattr." + name, value);
}
