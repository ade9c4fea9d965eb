using System.Text;
using OciImages.Layers.Tar;

namespace OciImages.Archives.Internal;

/// <summary>Writes the files of an archive: owned by root, of no time, so that equal content gives equal bytes.</summary>
internal sealed class ArchiveWriter(Stream destination)
{
    private readonly TarWriter _tar = new(destination);

    public ValueTask WriteDirectoryAsync(string name, CancellationToken cancellationToken) => _tar.WriteEntryAsync(
        new TarEntry { Type = TarEntryType.Directory, TypeFlag = (byte)'5', Name = Encoding.UTF8.GetBytes(name + "/"), Mode = 0b111_101_101 },
        null, cancellationToken);

    public ValueTask WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        WriteAsync(name, new MemoryStream(content.ToArray(), writable: false), content.Length, cancellationToken);

    public ValueTask WriteAsync(string name, Stream content, long size, CancellationToken cancellationToken) => _tar.WriteEntryAsync(
        new TarEntry { Type = TarEntryType.File, TypeFlag = (byte)'0', Name = Encoding.UTF8.GetBytes(name), Size = size, StoredSize = size, Mode = 0b110_100_100 },
        content, cancellationToken);

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => _tar.CompleteAsync(cancellationToken);
}
