namespace OciImages.Content.Memory;

internal sealed record MemoryContent(ContentInfo Info, ArraySegment<byte> Bytes)
{
    internal Stream OpenRead() => new MemoryStream(Bytes.Array ?? [], Bytes.Offset, Bytes.Count, writable: false);
}
