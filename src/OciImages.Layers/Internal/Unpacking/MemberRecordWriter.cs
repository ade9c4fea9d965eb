using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>
/// Writes the side file of a tree that was unpacked without root's rights: JSON Lines, one object per member that is not as its layer
/// wants it. A member without a line is as it stands in the tree, and belongs to 0:0.
/// </summary>
/// <remarks>
/// <c>path</c> (cleaned, without leading slash; empty for the root) or, when it is not UTF-8, <c>path_raw</c> (base64); then any of
/// <c>uid</c> and <c>gid</c>; <c>mode</c> (decimal, 12 bits); <c>device</c> (<c>char</c> or <c>block</c>, an empty file stands in)
/// with <c>major</c> and <c>minor</c>; <c>xattrs</c> (an object of base64 values); <c>implied</c> (true: a directory that the layer has
/// no member for). A later line of one path replaces an earlier one.
/// </remarks>
internal sealed class MemberRecordWriter(string path) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _line = new();
    private FileStream? _file;

    internal void AddImplied(ReadOnlySpan<byte> directory) => Add(new MemberRecord { Path = directory.ToArray(), Implied = true });

    internal void Add(MemberRecord record)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line))
            Write(json, record);
        _line.Write("\n"u8);
        try
        {
            _file ??= new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            _file.Write(_line.WrittenSpan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "write the member records", path);
        }
    }

    /// <summary>Hands everything to the kernel; until then errors may be outstanding.</summary>
    internal void Flush()
    {
        try
        {
            _file?.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "write the member records", path);
        }
    }

    public void Dispose()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // Whoever wants the records has flushed; the rest is dropped with the layer.
        }
    }

    private static void Write(Utf8JsonWriter json, MemberRecord record)
    {
        json.WriteStartObject();
        if (Utf8.IsValid(record.Path))
            json.WriteString("path"u8, record.Path);
        else
            json.WriteBase64String("path_raw"u8, record.Path);
        if (record.Implied)
            json.WriteBoolean("implied"u8, true);
        if (record.UserId is { } user)
            json.WriteNumber("uid"u8, user);
        if (record.GroupId is { } group)
            json.WriteNumber("gid"u8, group);
        if (record.Mode is { } mode)
            json.WriteNumber("mode"u8, mode);
        if (record.Device is { } device)
        {
            json.WriteString("device"u8, device);
            json.WriteNumber("major"u8, record.Major);
            json.WriteNumber("minor"u8, record.Minor);
        }
        if (record.ExtendedAttributes.Count > 0)
        {
            json.WriteStartObject("xattrs"u8);
            foreach (var attribute in record.ExtendedAttributes)
                json.WriteBase64String(attribute.Key, attribute.Value.Span);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
