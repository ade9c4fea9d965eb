using System.Text;
using System.Text.Json;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Reads what <see cref="MemberRecordWriter"/> wrote.</summary>
internal static class MemberRecordReader
{
    /// <summary>The records in file order; none when there is no file.</summary>
    /// <exception cref="OciException">The file is not what was written (<see cref="OciErrorKind.Corrupt"/>).</exception>
    internal static IEnumerable<MemberRecord> Read(string path)
    {
        StreamReader file;
        try
        {
            file = new StreamReader(path, Encoding.UTF8);
        }
        catch (FileNotFoundException)
        {
            yield break;
        }
        using (file)
        {
            while (file.ReadLine() is { } line)
                yield return Parse(line, path);
        }
    }

    private static MemberRecord Parse(string line, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var record = new MemberRecord
            {
                Path = root.TryGetProperty("path_raw"u8, out var raw)
                    ? raw.GetBytesFromBase64()
                    : Encoding.UTF8.GetBytes(root.GetProperty("path"u8).GetString()!),
                Implied = root.TryGetProperty("implied"u8, out var implied) && implied.GetBoolean(),
                UserId = Number(root, "uid"u8),
                GroupId = Number(root, "gid"u8),
                Mode = Number(root, "mode"u8),
                Device = root.TryGetProperty("device"u8, out var device) ? device.GetString() : null,
                Major = Number(root, "major"u8) ?? 0,
                Minor = Number(root, "minor"u8) ?? 0,
            };
            if (root.TryGetProperty("xattrs"u8, out var attributes))
            {
                foreach (var attribute in attributes.EnumerateObject())
                    record.ExtendedAttributes.Add(new(attribute.Name, attribute.Value.GetBytesFromBase64()));
            }
            return record;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new OciException(OciErrorKind.Corrupt, $"The member records in {path} are damaged.", e);
        }
    }

    private static uint? Number(JsonElement root, ReadOnlySpan<byte> name) =>
        root.TryGetProperty(name, out var value) ? value.GetUInt32() : null;
}
