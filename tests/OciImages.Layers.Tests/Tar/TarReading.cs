using System.Text;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Tests.Tar;

/// <summary>Reads whole tars for tests.</summary>
internal static class TarReading
{
    public sealed record Member(TarEntry Entry, byte[] Content)
    {
        public string Name => Encoding.Latin1.GetString(Entry.Name.Span);

        public string LinkName => Encoding.Latin1.GetString(Entry.LinkName.Span);
    }

    public static async Task<List<Member>> ReadAllAsync(Stream tar, TarReaderOptions? options = null, int readSize = 80_000)
    {
        var reader = new TarReader(tar, options);
        var members = new List<Member>();
        byte[] buffer = new byte[readSize];
        while (await reader.ReadEntryAsync() is { } entry)
        {
            using var content = new MemoryStream();
            while (await reader.ReadAsync(buffer) is > 0 and int count)
                content.Write(buffer, 0, count);
            members.Add(new Member(entry, content.ToArray()));
        }
        return members;
    }

    public static Task<List<Member>> ReadAllAsync(byte[] tar, TarReaderOptions? options = null) => ReadAllAsync(new MemoryStream(tar), options);

    /// <summary>The file as it lies on disk: runs of content at their places, zeros elsewhere.</summary>
    public static byte[] Expand(this Member member)
    {
        if (member.Entry.SparseMap is not { } map)
            return member.Content;
        byte[] file = new byte[member.Entry.Size];
        int read = 0;
        foreach (TarSparseSegment run in map)
        {
            member.Content.AsSpan(read, (int)run.Length).CopyTo(file.AsSpan((int)run.Offset));
            read += (int)run.Length;
        }
        return file;
    }
}
