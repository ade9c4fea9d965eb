using System.IO.Compression;
using System.Text.Json;
using OciImages.Layers.TarSplit;
using OciImages.Layers.Tests.Tar;

namespace OciImages.Layers.Tests.TarSplit;

/// <summary>Records tars and makes them again, for tests.</summary>
internal static class TarSplitting
{
    public static byte[] Record(byte[] tar, Random? chunks = null)
    {
        using var output = new MemoryStream();
        using (var recorder = new TarSplitRecorder(output))
        {
            for (int start = 0; start < tar.Length;)
            {
                int count = chunks is null ? tar.Length : Math.Min(tar.Length - start, chunks.Next(4) == 0 ? chunks.Next(1, 8) : chunks.Next(1, 3000));
                recorder.Append(tar.AsSpan(start, count));
                start += count;
            }
            recorder.Complete();
        }
        return output.ToArray();
    }

    public static string[] Lines(byte[] tarSplit)
    {
        using var reader = new StreamReader(new GZipStream(new MemoryStream(tarSplit), CompressionMode.Decompress));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static byte[] Compress(params string[] lines)
    {
        using var output = new MemoryStream();
        using (var writer = new StreamWriter(new GZipStream(output, CompressionLevel.Fastest)))
            writer.Write(string.Concat(lines.Select(line => line + "\n")));
        return output.ToArray();
    }

    /// <summary>The files of a tar as a driver has them on disk, by name as recorded. Sparse ones are missing: nobody may open them.</summary>
    public static async Task<Dictionary<string, byte[]>> FilesAsync(byte[] tar)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (TarReading.Member member in await TarReading.ReadAllAsync(tar))
        {
            if (member.Entry.Type == OciImages.Layers.Tar.TarEntryType.File && member.Entry.SparseMap is null)
                files[member.Name] = member.Content;
        }
        return files;
    }

    public static async Task<byte[]> RebuildAsync(byte[] tarSplit, Dictionary<string, byte[]> files, int readSize = 5000)
    {
        await using Stream tar = TarSplitReader.OpenTar(new MemoryStream(tarSplit), (name, _) =>
            new(new MemoryStream(files[System.Text.Encoding.Latin1.GetString(name.Span)])));
        using var output = new MemoryStream();
        byte[] buffer = new byte[readSize];
        while (await tar.ReadAsync(buffer) is > 0 and int count)
            output.Write(buffer, 0, count);
        return output.ToArray();
    }

    /// <summary>A line as "type name size payload length", the form of the captures of dockerd.</summary>
    public static string Summary(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement entry = document.RootElement;
        if (entry.GetProperty("type").GetInt32() == 2)
            return $"2 {entry.GetProperty("payload").GetBytesFromBase64().Length}";
        string name = entry.TryGetProperty("name", out JsonElement text) ? text.GetString()! : "raw:" + entry.GetProperty("name_raw").GetString();
        return entry.TryGetProperty("size", out JsonElement size)
            ? $"1 {name} {size.GetInt64()} {Convert.ToHexStringLower(entry.GetProperty("payload").GetBytesFromBase64())}"
            : $"1 {name} {entry.GetProperty("payload").ValueKind}";
    }
}
