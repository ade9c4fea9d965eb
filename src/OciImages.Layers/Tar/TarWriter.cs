using System.Buffers;

namespace OciImages.Layers.Tar;

/// <summary>
/// Writes a tar forward, one member at a time: ustar where it suffices, a PAX header where it does not. The mirror of <see cref="TarReader"/>.
/// Not thread-safe; does not dispose the stream.
/// </summary>
/// <remarks>
/// <para>
/// The same entries give the same bytes on every machine, and the bytes that Docker (Go's archive/tar) writes for them. PAX headers are
/// made for names above 100 bytes that no prefix can split, for text that is not ASCII, numbers that no octal field holds, times before
/// 1970 or (with <see cref="TarWriterOptions.SubSecondTimes"/>) with nanoseconds, and extended attributes; they are named
/// <c>dir/PaxHeaders.0/base</c>, and their records are sorted. Names that are not UTF-8 stand there as raw bytes. Times of access are not written.
/// </para>
/// <code>
/// var tar = new TarWriter(stream);
/// await tar.WriteEntryAsync(new TarEntry { Type = TarEntryType.File, Name = "a"u8.ToArray(), Mode = 0x1a4, Size = 5 }, content);
/// await tar.CompleteAsync();
/// </code>
/// <para>Small members are collected in a buffer of 128 KiB. After an exception the writer is of no more use.</para>
/// </remarks>
public sealed class TarWriter
{
    private const int BufferSize = 128 << 10;
    private const int EndSize = 2 * TarHeader.BlockSize;

    private static readonly TarWriterOptions Defaults = new();

    private readonly Stream _stream;
    private readonly TarHeaderWriter _headers;
    private readonly byte[] _probe = new byte[1];
    private byte[] _buffer;
    private int _length;
    private bool _writing;

    /// <summary>Makes a writer.</summary>
    /// <param name="stream">Gets the tar.</param>
    /// <param name="options">How to write, or null for the defaults.</param>
    public TarWriter(Stream stream, TarWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _headers = new TarHeaderWriter((options ?? Defaults).SubSecondTimes);
        _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    }

    /// <summary>Writes one member.</summary>
    /// <param name="entry">
    /// What it is. Its name must not be empty; a directory gets a slash at the end when it has none. The mode is written as it stands, up to
    /// 21 bits. What <see cref="TarEntry.TypeFlag"/>, <see cref="TarEntry.StoredSize"/> and <see cref="TarEntry.AccessTime"/> say is not used.
    /// </param>
    /// <param name="content">The content of a file, read from where it stands to its end, or null for none; not disposed.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>A task.</returns>
    /// <exception cref="OciException">
    /// The content is longer or shorter than <see cref="TarEntry.Size"/>, a name holds a NUL, or names and attributes take more than 1 MiB
    /// (<see cref="OciErrorKind.InvalidInput"/>); the type is a global header or unknown (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    public async ValueTask WriteEntryAsync(TarEntry entry, Stream? content = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Begin();
        await WriteAsync(_headers.Write(entry), cancellationToken).ConfigureAwait(false);
        await WriteContentAsync(entry, content ?? Stream.Null, cancellationToken).ConfigureAwait(false);
        await WriteZerosAsync((int)(-entry.Size & (TarHeader.BlockSize - 1)), cancellationToken).ConfigureAwait(false);
        _writing = false;
    }

    /// <summary>Writes the end of the archive, two blocks of zeros and no more, and all that is left in the buffer. Call it once, at the end.</summary>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>A task.</returns>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        Begin();
        await WriteZerosAsync(EndSize, cancellationToken).ConfigureAwait(false);
        await FlushBufferAsync(cancellationToken).ConfigureAwait(false);
        // It stays in the state of writing, so that nothing can follow.
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Begin()
    {
        // What is half written cannot be followed by anything that has a meaning.
        if (_writing)
            throw new InvalidOperationException("A tar cannot be written on after its end or an error.");
        _writing = true;
    }

    private async ValueTask WriteContentAsync(TarEntry entry, Stream content, CancellationToken cancellationToken)
    {
        for (long left = entry.Size; left > 0;)
        {
            if (_length == _buffer.Length)
                await FlushBufferAsync(cancellationToken).ConfigureAwait(false);
            int most = (int)Math.Min(left, _buffer.Length - _length);
            int count = await content.ReadAsync(_buffer.AsMemory(_length, most), cancellationToken).ConfigureAwait(false);
            if (count == 0)
                throw WrongSize(entry, $"{entry.Size - left}");
            _length += count;
            left -= count;
        }
        if (await content.ReadAsync(_probe, cancellationToken).ConfigureAwait(false) != 0)
            throw WrongSize(entry, $"more than {entry.Size}");
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            if (_length == _buffer.Length)
                await FlushBufferAsync(cancellationToken).ConfigureAwait(false);
            int count = Math.Min(bytes.Length, _buffer.Length - _length);
            bytes[..count].CopyTo(_buffer.AsMemory(_length));
            _length += count;
            bytes = bytes[count..];
        }
    }

    private async ValueTask WriteZerosAsync(int count, CancellationToken cancellationToken)
    {
        if (_buffer.Length - _length < count)
            await FlushBufferAsync(cancellationToken).ConfigureAwait(false);
        _buffer.AsSpan(_length, count).Clear();
        _length += count;
    }

    private async ValueTask FlushBufferAsync(CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken).ConfigureAwait(false);
        _length = 0;
    }

    private static OciException WrongSize(TarEntry entry, string actual) => new(
        OciErrorKind.InvalidInput, $"Cannot write the tar member {TarError.Quote(entry.Name.Span)}: its content has {actual} bytes and not {entry.Size}.");
}
