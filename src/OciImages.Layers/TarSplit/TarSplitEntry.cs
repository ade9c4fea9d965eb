using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text.Json;

namespace OciImages.Layers.TarSplit;

/// <summary>One record of tar-split, parsed into buffers that are used again for the next.</summary>
internal sealed class TarSplitEntry
{
    private byte[] _payload = [];
    private int _payloadLength;

    /// <summary>Whether it stands for a file (type 1), else it is a segment (type 2).</summary>
    public bool IsFile { get; private set; }

    public byte[] Name { get; private set; } = [];

    public long Size { get; private set; }

    /// <summary>The bytes of a segment, or the checksum of a file.</summary>
    public ReadOnlyMemory<byte> Payload => _payload.AsMemory(0, _payloadLength);

    public ulong Checksum => BinaryPrimitives.ReadUInt64BigEndian(Payload.Span);

    /// <summary>Parses a line; fields that are not known are passed over.</summary>
    /// <exception cref="OciException">It is no record (<see cref="OciErrorKind.Corrupt"/>).</exception>
    public void Parse(ReadOnlySpan<byte> line)
    {
        (Name, Size, _payloadLength, IsFile) = ([], 0, 0, false);
        int type = 0;
        try
        {
            var reader = new Utf8JsonReader(line);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw Malformed();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                ParseProperty(ref reader, ref type);
            // Reading on makes sure that nothing follows the object.
            if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
                throw Malformed();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Malformed(e);
        }
        IsFile = type == 1;
        if (type is not (1 or 2) || Size < 0 || IsFile && Size > 0 && _payloadLength != sizeof(ulong))
            throw Malformed();
    }

    private static OciException Malformed(Exception? cause = null) =>
        new(OciErrorKind.Corrupt, "The tar-split file of a layer holds a line that is no record.", cause);

    private void ParseProperty(ref Utf8JsonReader reader, ref int type)
    {
        if (reader.ValueTextEquals("type"u8))
        {
            reader.Read();
            type = reader.GetInt32();
        }
        else if (reader.ValueTextEquals("name"u8))
        {
            reader.Read();
            Name = CopyString(ref reader);
        }
        else if (reader.ValueTextEquals("name_raw"u8))
        {
            reader.Read();
            byte[] raw = reader.TokenType == JsonTokenType.Null ? [] : reader.GetBytesFromBase64();
            Name = raw.Length > 0 ? raw : Name;
        }
        else if (reader.ValueTextEquals("size"u8))
        {
            reader.Read();
            Size = reader.GetInt64();
        }
        else if (reader.ValueTextEquals("payload"u8))
        {
            reader.Read();
            ParsePayload(ref reader);
        }
        else
        {
            reader.Read();
            reader.Skip();
        }
    }

    private void ParsePayload(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return;
        if (reader.TokenType != JsonTokenType.String)
            throw Malformed();
        ReadOnlySpan<byte> text = reader.ValueIsEscaped ? CopyString(ref reader) : reader.ValueSpan;
        int most = Base64.GetMaxDecodedFromUtf8Length(text.Length);
        if (_payload.Length < most)
            _payload = new byte[Math.Max(most, 4096)];
        if (Base64.DecodeFromUtf8(text, _payload, out _, out _payloadLength) != OperationStatus.Done)
            throw Malformed();
    }

    private static byte[] CopyString(ref Utf8JsonReader reader)
    {
        byte[] text = new byte[reader.ValueSpan.Length];
        return text[..reader.CopyString(text)];
    }
}
