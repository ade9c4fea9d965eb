using System.Buffers;
using System.Text;

namespace OciImages.TestSupport.Tars;

/// <summary>
/// Builds tars for tests, member by member, good and hostile. It shares no code with the library, so it can be an oracle for it.
/// </summary>
public sealed class TarBuilder
{
    private const int BlockSize = 512;
    private readonly ArrayBufferWriter<byte> _tar = new();

    /// <summary>How many bytes the tar has so far.</summary>
    public long Length => _tar.WrittenCount;

    public TarBuilder File(string name, string content = "") => File(name, Encoding.UTF8.GetBytes(content));

    public TarBuilder File(string name, byte[] content) => Add(new TarMember(name) { Content = content });

    public TarBuilder Directory(string name, long mode = 0x1ed) => Add(new TarMember(name) { Type = '5', Mode = mode });

    public TarBuilder SymbolicLink(string name, string target) =>
        Add(new TarMember(name) { Type = '2', Mode = 0x1ff, LinkName = Encoding.UTF8.GetBytes(target) });

    public TarBuilder HardLink(string name, string target) =>
        Add(new TarMember(name) { Type = '1', LinkName = Encoding.UTF8.GetBytes(target) });

    public TarBuilder CharacterDevice(string name, long major, long minor) =>
        Add(new TarMember(name) { Type = '3', DeviceMajor = major, DeviceMinor = minor });

    public TarBuilder BlockDevice(string name, long major, long minor) =>
        Add(new TarMember(name) { Type = '4', DeviceMajor = major, DeviceMinor = minor });

    public TarBuilder Fifo(string name) => Add(new TarMember(name) { Type = '6' });

    /// <summary>The whiteout of a path: <c>d/.wh.name</c> for <c>d/name</c>.</summary>
    public TarBuilder Whiteout(string path)
    {
        int slash = path.LastIndexOf('/') + 1;
        return File(path[..slash] + ".wh." + path[slash..]);
    }

    /// <summary>The mark that a directory hides what layers below have in it; "" for the root.</summary>
    public TarBuilder Opaque(string directory) => File((directory.Length == 0 ? "" : directory.TrimEnd('/') + "/") + ".wh..wh..opq");

    public TarBuilder GlobalHeader(params KeyValuePair<string, string>[] records) => Add(new TarMember("pax_global_header")
    {
        Type = 'g',
        Content = PaxData([.. records.Select(record => new KeyValuePair<string, byte[]>(record.Key, Encoding.UTF8.GetBytes(record.Value)))]),
        Dialect = TarDialect.Ustar,
    });

    /// <summary>A member with all that belongs to it: extended headers, header, content, padding.</summary>
    public TarBuilder Add(TarMember member)
    {
        byte[] name = member.Name, link = member.LinkName;
        List<KeyValuePair<string, byte[]>> records = [.. member.PaxRecords];
        byte[] prefix = [];
        if (member.Dialect == TarDialect.Pax)
        {
            MoveToRecord(records, "path", ref name);
            MoveToRecord(records, "linkpath", ref link);
        }
        else if (member.Dialect == TarDialect.Gnu)
        {
            MoveToLong('L', ref name);
            MoveToLong('K', ref link);
        }
        else if (name.Length > 100 && member.Dialect == TarDialect.Ustar)
        {
            int slash = Array.LastIndexOf(name, (byte)'/', Math.Min(155, name.Length - 2));
            (prefix, name) = (name[..slash], name[(slash + 1)..]);
        }
        if (records.Count > 0)
            AddData("PaxHeaders.0/" + Encoding.UTF8.GetString(name[..Math.Min(name.Length, 80)]), 'x', PaxData(records));
        byte[] block = Header(member, name, link, prefix, member.DeclaredSize ?? member.Content.Length);
        Raw(block);
        return Raw(member.Content).Pad(member.PaddingByte);
    }

    /// <summary>A sparse file: its size and its runs of data.</summary>
    public TarBuilder Sparse(string name, long size, TarSparseForm form, params (long Offset, byte[] Data)[] runs) =>
        Sparse(new TarMember(name), size, form, runs);

    public TarBuilder Sparse(TarMember member, long size, TarSparseForm form, params (long Offset, byte[] Data)[] runs)
    {
        byte[] stored = [.. runs.SelectMany(run => run.Data)];
        if (form == TarSparseForm.Gnu)
            return GnuSparse(member, size, stored, runs);
        var result = new TarMember($"GNUSparseFile.1/{Encoding.UTF8.GetString(member.Name[..Math.Min(60, member.Name.Length)])}")
        {
            Content = form == TarSparseForm.Pax10 ? [.. SparseText(runs), .. stored] : stored,
            Mode = member.Mode,
            PaxRecords = member.PaxRecords,
        };
        string[] numbers = [.. runs.SelectMany(run => new[] { $"{run.Offset}", $"{run.Data.Length}" })];
        switch (form)
        {
            case TarSparseForm.Pax00:
                result = (result with { Name = member.Name })
                    .WithRecord("GNU.sparse.size", $"{size}").WithRecord("GNU.sparse.numblocks", $"{runs.Length}");
                for (int i = 0; i < numbers.Length; i++)
                    result = result.WithRecord(i % 2 == 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes", numbers[i]);
                break;
            case TarSparseForm.Pax01:
                result = result.WithRecord("GNU.sparse.size", $"{size}").WithRecord("GNU.sparse.numblocks", $"{runs.Length}")
                    .WithRecord("GNU.sparse.map", string.Join(',', numbers)).WithRecord("GNU.sparse.name", member.Name);
                break;
            default:
                result = result.WithRecord("GNU.sparse.major", "1").WithRecord("GNU.sparse.minor", "0")
                    .WithRecord("GNU.sparse.name", member.Name).WithRecord("GNU.sparse.realsize", $"{size}");
                break;
        }
        return Add(result);
    }

    /// <summary>A member with data and a plain header, such as an extended header on its own.</summary>
    public TarBuilder AddData(string name, char type, byte[] data) =>
        Add(new TarMember(name) { Type = type, Content = data, Dialect = type is 'L' or 'K' ? TarDialect.V7 : TarDialect.Ustar });

    /// <summary>Bytes as they are.</summary>
    public TarBuilder Raw(ReadOnlySpan<byte> bytes)
    {
        _tar.Write(bytes);
        return this;
    }

    /// <summary>Fills the last block.</summary>
    public TarBuilder Pad(byte value = 0)
    {
        while (_tar.WrittenCount % BlockSize != 0)
            _tar.Write([value]);
        return this;
    }

    /// <summary>The tar with the given number of zero blocks at its end.</summary>
    public byte[] ToArray(int endBlocks = 2) => [.. _tar.WrittenSpan, .. new byte[endBlocks * BlockSize]];

    public MemoryStream ToStream(int endBlocks = 2) => new(ToArray(endBlocks), writable: false);

    /// <summary>The data of a PAX header.</summary>
    public static byte[] PaxData(IEnumerable<KeyValuePair<string, byte[]>> records)
    {
        var data = new MemoryStream();
        foreach ((string key, byte[] value) in records)
        {
            // The length counts its own digits.
            int rest = Encoding.UTF8.GetByteCount(key) + value.Length + 3;
            int length = rest + $"{rest}".Length;
            if ($"{length}".Length != $"{rest}".Length)
                length = rest + $"{length}".Length;
            data.Write(Encoding.UTF8.GetBytes($"{length} {key}="));
            data.Write(value);
            data.WriteByte((byte)'\n');
        }
        return data.ToArray();
    }

    private static byte[] SparseText((long Offset, byte[] Data)[] runs)
    {
        string text = $"{runs.Length}\n" + string.Concat(runs.Select(run => $"{run.Offset}\n{run.Data.Length}\n"));
        byte[] result = new byte[(text.Length + BlockSize - 1) / BlockSize * BlockSize];
        Encoding.ASCII.GetBytes(text, result);
        return result;
    }

    private TarBuilder GnuSparse(TarMember member, long size, byte[] stored, (long Offset, byte[] Data)[] runs)
    {
        byte[] block = Header(member with { Type = 'S', Dialect = TarDialect.Gnu, Override = WriteMap }, member.Name, [], [], stored.Length);
        Raw(block);
        for (int next = 4; next < runs.Length; next += 21)
        {
            byte[] more = new byte[BlockSize];
            for (int i = 0; i < 21 && next + i < runs.Length; i++)
                WriteRun(more, 24 * i, runs[next + i]);
            more[504] = (byte)(next + 21 < runs.Length ? 1 : 0);
            Raw(more);
        }
        return Raw(stored).Pad(member.PaddingByte);

        void WriteMap(byte[] header)
        {
            for (int i = 0; i < 4 && i < runs.Length; i++)
                WriteRun(header, 386 + 24 * i, runs[i]);
            header[482] = (byte)(runs.Length > 4 ? 1 : 0);
            Number(header, 483, 12, size);
            member.Override?.Invoke(header);
        }

        static void WriteRun(byte[] to, int at, (long Offset, byte[] Data) run)
        {
            Number(to, at, 12, run.Offset);
            Number(to, at + 12, 12, run.Data.Length);
        }
    }

    private static void MoveToRecord(List<KeyValuePair<string, byte[]>> records, string key, ref byte[] name)
    {
        if (name.Length <= 100 || records.Exists(record => record.Key == key))
            return;
        records.Add(new(key, name));
        name = name[..100];
    }

    private void MoveToLong(char type, ref byte[] name)
    {
        if (name.Length <= 100)
            return;
        AddData("././@LongLink", type, [.. name, 0]);
        name = name[..100];
    }

    private static byte[] Header(TarMember member, byte[] name, byte[] link, byte[] prefix, long size)
    {
        byte[] block = new byte[BlockSize];
        name.AsSpan(0, Math.Min(100, name.Length)).CopyTo(block);
        Number(block, 100, 8, member.Mode);
        Number(block, 108, 8, member.UserId);
        Number(block, 116, 8, member.GroupId);
        Number(block, 124, 12, size);
        Number(block, 136, 12, member.ModificationTime);
        block[156] = (byte)member.Type;
        link.AsSpan(0, Math.Min(100, link.Length)).CopyTo(block.AsSpan(157));
        if (member.Dialect != TarDialect.V7)
        {
            (member.Dialect == TarDialect.Gnu ? "ustar  \0"u8 : "ustar\000"u8).CopyTo(block.AsSpan(257));
            Encoding.UTF8.GetBytes(member.UserName, block.AsSpan(265, 32));
            Encoding.UTF8.GetBytes(member.GroupName, block.AsSpan(297, 32));
            Number(block, 329, 8, member.DeviceMajor);
            Number(block, 337, 8, member.DeviceMinor);
            prefix.CopyTo(block, 345);
        }
        member.Override?.Invoke(block);
        block.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(value => value), 8).PadLeft(6, '0') + "\0", block.AsSpan(148, 7));
        member.OverrideAll?.Invoke(block);
        return block;
    }

    /// <summary>Octal digits, or base-256 when they do not fit.</summary>
    private static void Number(byte[] block, int offset, int length, long value)
    {
        if (value >= 0 && Convert.ToString(value, 8) is { } text && text.Length < length)
        {
            Encoding.ASCII.GetBytes(text.PadLeft(length - 1, '0'), block.AsSpan(offset));
            return;
        }
        for (int i = length - 1; i >= 0; i--, value >>= 8)
            block[offset + i] = (byte)value;
        block[offset] |= 0x80;
    }
}
