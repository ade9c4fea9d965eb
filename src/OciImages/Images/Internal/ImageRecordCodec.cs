using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace OciImages.Images.Internal;

/// <summary>
/// The records of the index file: the length of the payload (4 bytes), its XXH3 (8 bytes), the payload. Numbers are little-endian, text is
/// that of <see cref="BinaryWriter"/>.
/// </summary>
internal static class ImageRecordCodec
{
    private const int PrefixLength = 12;
    private const int MaxPayloadLength = 1 << 20;
    private const byte Config = 1;
    private const byte Parent = 2;
    private const long NoTime = long.MinValue;

    internal static void Write(Stream output, ConfigRecord record) => Write(output, payload =>
    {
        payload.Write(Config);
        payload.Write(record.Info.Id.ToString());
        payload.Write(record.Stamp.Length);
        payload.Write(record.Stamp.Modified);
        payload.Write(record.Info.TopLayer.ToString());
        payload.Write(record.Info.Created?.UtcTicks ?? NoTime);
        payload.Write((short)(record.Info.Created?.TotalOffsetMinutes ?? 0));
        var platform = record.Info.Platform;
        payload.Write(platform.Os);
        payload.Write(platform.Architecture);
        payload.Write(platform.Variant ?? "");
        payload.Write(platform.OsVersion ?? "");
        payload.Write(platform.OsFeatures.Count);
        foreach (string feature in platform.OsFeatures)
            payload.Write(feature);
        payload.Write(record.HasLabels ? record.Info.Labels.Count : -1);
        foreach (var (name, value) in record.Info.Labels)
        {
            payload.Write(name);
            payload.Write(value);
        }
    });

    internal static void Write(Stream output, ParentRecord record) => Write(output, payload =>
    {
        payload.Write(Parent);
        payload.Write(record.Id.ToString());
        payload.Write(record.Modified);
        payload.Write(record.Parent?.ToString() ?? "");
    });

    /// <summary>Reads records up to the first that is not whole.</summary>
    /// <param name="bytes">What was read of the file, from the beginning of a record.</param>
    /// <param name="records">Gets them.</param>
    /// <returns>How many bytes were whole records, and how many records they were.</returns>
    internal static (int Length, int Count) Read(byte[] bytes, ImageRecords records)
    {
        int position = 0;
        int count = 0;
        var names = new ImageRecordReader.Names();
        while (bytes.Length - position >= PrefixLength)
        {
            var prefix = bytes.AsSpan(position, PrefixLength);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
            if (length is 0 or > MaxPayloadLength || length > bytes.Length - position - PrefixLength)
                break;
            int start = position + PrefixLength;
            if (XxHash3.HashToUInt64(bytes.AsSpan(start, (int)length)) != BinaryPrimitives.ReadUInt64LittleEndian(prefix[4..])
                || !TryReadPayload(bytes.AsSpan(start, (int)length), names, records))
            {
                break;
            }
            position = start + (int)length;
            count++;
        }
        return (position, count);
    }

    private static void Write(Stream output, Action<BinaryWriter> write)
    {
        using var payload = new MemoryStream();
        using (var writer = new BinaryWriter(payload, Encoding.UTF8, leaveOpen: true))
            write(writer);
        // Too much to be read again: the image's config is read instead, every time.
        if (payload.Length > MaxPayloadLength)
            return;
        var bytes = payload.GetBuffer().AsSpan(0, (int)payload.Length);
        Span<byte> prefix = stackalloc byte[PrefixLength];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, (uint)bytes.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(prefix[4..], XxHash3.HashToUInt64(bytes));
        output.Write(prefix);
        output.Write(bytes);
    }

    private static bool TryReadPayload(ReadOnlySpan<byte> payload, ImageRecordReader.Names names, ImageRecords records)
    {
        var reader = new ImageRecordReader(payload, names);
        try
        {
            switch (reader.ReadByte())
            {
                case Config:
                    records.Add(ReadConfig(ref reader));
                    break;
                case Parent:
                    var id = new ImageId(reader.ReadDigest());
                    long modified = reader.ReadInt64();
                    var parent = reader.ReadDigest();
                    records.Add(new ParentRecord(id, modified, parent.IsEmpty ? null : new ImageId(parent)));
                    break;
                default:
                    return false;
            }
            return reader.IsAtEnd;
        }
        catch (Exception e) when (e is FormatException or OciException or ArgumentException)
        {
            return false; // whole, yet not of this version
        }
    }

    private static ConfigRecord ReadConfig(ref ImageRecordReader reader)
    {
        var id = new ImageId(reader.ReadDigest());
        var stamp = new FileStamp(reader.ReadInt64(), reader.ReadInt64());
        var top = new ChainId(reader.ReadSharedDigest());
        long ticks = reader.ReadInt64();
        var offset = TimeSpan.FromMinutes(reader.ReadInt16());
        DateTimeOffset? created = ticks == NoTime ? null : new DateTimeOffset(ticks, TimeSpan.Zero).ToOffset(offset);
        var platform = new Platform(reader.ReadName(), reader.ReadName(), reader.ReadName()) { OsVersion = reader.ReadName() };
        string[] features = new string[reader.ReadCount()];
        for (int i = 0; i < features.Length; i++)
            features[i] = reader.ReadName();
        if (features.Length > 0)
            platform = platform with { OsFeatures = features };
        int count = reader.ReadInt32();
        var labels = new Dictionary<string, string>(Math.Clamp(count, 0, 100));
        for (int i = 0; i < count; i++)
            labels[reader.ReadName()] = reader.ReadText();
        return new ConfigRecord(new ImageInfo(id, top, platform, created, labels), stamp, HasLabels: count >= 0);
    }
}
