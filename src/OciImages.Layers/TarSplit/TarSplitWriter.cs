using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text.Unicode;

namespace OciImages.Layers.TarSplit;

/// <summary>
/// Writes the records of tar-split as Docker writes them: gzip, one JSON object a line, fields in the order of Go's struct, empty ones left
/// out, names escaped as Go's encoding/json escapes them or, when they are not UTF-8, in base64.
/// </summary>
internal sealed class TarSplitWriter : IDisposable
{
    private const int BufferSize = 64 << 10;

    // A piece of payload whose base64 has no padding and fits into the buffer.
    private const int PayloadPiece = 30 << 10;

    private readonly GZipStream _gzip;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _length;
    private long _position;

    public TarSplitWriter(Stream output) => _gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true);

    /// <summary>Writes a segment (type 2): bytes of the tar as they are.</summary>
    public void WriteSegment(ReadOnlySpan<byte> payload)
    {
        Write("{\"type\":2"u8);
        WritePayload(payload);
    }

    /// <summary>Writes a file (type 1): a member whose content, if it has any, is found under its name.</summary>
    public void WriteFile(ReadOnlySpan<byte> name, long size, ulong checksum)
    {
        Write("{\"type\":1"u8);
        if (!name.IsEmpty && Utf8.IsValid(name))
        {
            Write(",\"name\":\""u8);
            WriteEscaped(name);
            Write("\""u8);
        }
        else if (!name.IsEmpty)
        {
            Write(",\"name_raw\":\""u8);
            WriteBase64(name);
            Write("\""u8);
        }
        if (size == 0)
        {
            Write(",\"payload\":null"u8);
            EndLine();
            return;
        }
        Write(",\"size\":"u8);
        WriteNumber(size);
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(payload, checksum);
        WritePayload(payload);
    }

    /// <summary>Writes what is left and the end of the gzip.</summary>
    public void Complete()
    {
        // GZipStream makes no gzip at all of nothing; dockerd has an empty segment there too.
        if (_position == 0)
            WriteSegment(default);
        Flush();
        _gzip.Dispose();
    }

    public void Dispose()
    {
        _gzip.Dispose();
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void WritePayload(ReadOnlySpan<byte> payload)
    {
        Write(",\"payload\":\""u8);
        WriteBase64(payload);
        Write("\""u8);
        EndLine();
    }

    private void EndLine()
    {
        Write(",\"position\":"u8);
        WriteNumber(_position++);
        Write("}\n"u8);
    }

    private void WriteEscaped(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            // Almost every name needs no escape at all.
            int plain = text.IndexOfAny(GoJson.Escaped);
            Write(plain < 0 ? text : text[..plain]);
            if (plain < 0)
                return;
            Write(GoJson.Escape(text[plain..], out int used));
            text = text[(plain + used)..];
        }
    }

    private void WriteBase64(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(bytes.Length, PayloadPiece)];
            Reserve(Base64.GetMaxEncodedToUtf8Length(piece.Length));
            Base64.EncodeToUtf8(piece, _buffer.AsSpan(_length), out _, out int written);
            _length += written;
            bytes = bytes[piece.Length..];
        }
    }

    private void WriteNumber(long value)
    {
        Reserve(20);
        value.TryFormat(_buffer.AsSpan(_length), out int written);
        _length += written;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Reserve(1);
            int count = Math.Min(bytes.Length, _buffer.Length - _length);
            bytes[..count].CopyTo(_buffer.AsSpan(_length));
            _length += count;
            bytes = bytes[count..];
        }
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - _length < count)
            Flush();
    }

    private void Flush()
    {
        _gzip.Write(_buffer.AsSpan(0, _length));
        _length = 0;
    }
}
