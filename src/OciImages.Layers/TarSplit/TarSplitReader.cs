using OciImages.Layers.Compression;

namespace OciImages.Layers.TarSplit;

/// <summary>Makes a tar again from the records of tar-split, ours or dockerd's, and the unpacked files.</summary>
internal static class TarSplitReader
{
    /// <summary>Opens the tar.</summary>
    /// <param name="tarSplitGzip">The records; disposed with the returned stream.</param>
    /// <param name="openFile">Opens the content of a member by its name as recorded, which is not cleaned; called once for each file that is not
    /// empty, in order. The stream is disposed when it was read.</param>
    /// <returns>
    /// The tar: a stream to be read forward, asynchronously only. A read throws <see cref="OciException"/>
    /// (<see cref="OciErrorKind.Corrupt"/>) when the records are damaged or a file is not what was recorded, by its size or checksum. Whether the
    /// tar has the right DiffID is the caller's business.
    /// </returns>
    public static Stream OpenTar(Stream tarSplitGzip, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<Stream>> openFile)
    {
        ArgumentNullException.ThrowIfNull(tarSplitGzip);
        ArgumentNullException.ThrowIfNull(openFile);
        return new TarSplitStream(new GzipDecodeStream(tarSplitGzip, "tar-split file"), openFile);
    }

    /// <summary>The size of the tar that the records make, without any file.</summary>
    /// <param name="tarSplitGzip">The records; disposed.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The size in bytes.</returns>
    /// <exception cref="OciException">The records are damaged (<see cref="OciErrorKind.Corrupt"/>).</exception>
    public static async ValueTask<long> MeasureAsync(Stream tarSplitGzip, CancellationToken cancellationToken)
    {
        var text = new GzipDecodeStream(tarSplitGzip, "tar-split file");
        await using (text.ConfigureAwait(false))
        {
            using var lines = new TarSplitLineReader(text);
            var entry = new TarSplitEntry();
            long size = 0;
            while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } line)
            {
                entry.Parse(line.Span);
                size = checked(size + (entry.IsFile ? entry.Size : entry.Payload.Length));
            }
            return size;
        }
    }
}
