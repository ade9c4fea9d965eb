using System.Text;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Tests.Tar;

/// <summary>Random entries to write, at and around the sizes where ustar ends.</summary>
internal static class RandomEntries
{
    private static readonly long[] Numbers = [0, 1, 1000, 2097151, 2097152, uint.MaxValue, -1, long.MaxValue, 8589934591, 8589934592, -8589934592];

    public static (TarEntry Entry, byte[] Content) Make(Random random)
    {
        var type = (TarEntryType)random.Next(7);
        byte[] content = new byte[type == TarEntryType.File ? random.Next(4) * random.Next(2000) : 0];
        random.NextBytes(content);
        bool isLink = type is TarEntryType.HardLink or TarEntryType.SymbolicLink, isDevice = type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice;
        byte[] name = Name(random);
        var attributes = Enumerable.Range(0, random.Next(3) == 0 ? random.Next(1, 4) : 0).Select(i =>
            new KeyValuePair<string, ReadOnlyMemory<byte>>($"user.a{i}", Encoding.UTF8.GetBytes("v\n=" + random.Next(2_000_000))));
        return (new TarEntry
        {
            Type = type,
            Name = type == TarEntryType.Directory ? [.. name, (byte)'/'] : name,
            LinkName = isLink ? Name(random) : default,
            Size = content.Length,
            Mode = random.Next(4096),
            UserId = Numbers[random.Next(Numbers.Length)],
            GroupId = Numbers[random.Next(Numbers.Length)],
            UserName = random.Next(3) switch { 0 => "", 1 => "root", _ => new string('ü', random.Next(40)) },
            GroupName = random.Next(2) == 0 ? "" : new string('g', random.Next(40)),
            ModificationTime = new TarTime(Numbers[random.Next(Numbers.Length)], random.Next(2) * random.Next(1_000_000_000)),
            DeviceMajor = isDevice ? (uint)random.Next(4096) : 0,
            DeviceMinor = isDevice ? (uint)random.Next(1 << 20) : 0,
            ExtendedAttributes = [.. attributes],
        }, content);
    }

    public static string Describe(TarEntry entry) =>
        $"{entry.Type} {Encoding.Latin1.GetString(entry.Name.Span)} {Encoding.Latin1.GetString(entry.LinkName.Span)} {entry.Size} {entry.Mode} "
        + $"{entry.UserId}:{entry.GroupId} {entry.UserName}:{entry.GroupName} {entry.ModificationTime} {entry.DeviceMajor},{entry.DeviceMinor} "
        + string.Join(' ', entry.ExtendedAttributes.Select(pair => $"{pair.Key}={Convert.ToHexString(pair.Value.Span)}"));

    private static byte[] Name(Random random)
    {
        int length = random.Next(3) switch { 0 => random.Next(1, 20), 1 => random.Next(95, 110), _ => random.Next(150, 300) };
        byte[] name = new byte[length];
        bool ascii = random.Next(4) > 0;
        for (int i = 0; i < length; i++)
            name[i] = i > 0 && i < length - 1 && random.Next(40) == 0 ? (byte)'/' : ascii ? (byte)random.Next('a', 'z' + 1) : (byte)random.Next(1, 256);
        if (name[^1] == '/')
            name[^1] = (byte)'x';
        return name;
    }
}
