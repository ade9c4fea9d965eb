using OciImages.Layers.Tar;

namespace OciImages.Archives.Internal;

/// <summary>
/// An archive that comes by once, as from a pipe. What it is made of stands at its end in most formats, so that layers are unpacked as they
/// come, and committed or dropped when the end is known. Layers that are here already, as far as their names say it, pass by.
/// </summary>
internal sealed class StreamArchive : ArchiveSource
{
    // The configs and manifests of all images together.
    private const long MaxSmallTotal = 64L << 20;

    // Below this, looking is not worth it: version files, empty layers.
    private const int TinySize = 4096;

    private readonly LayerStager _stager;
    private readonly ArchiveIndex<Member> _index = new();
    private long _smallTotal;

    private StreamArchive(LayerStager stager) => _stager = stager;

    public override bool IsParallel => false;

    /// <summary>Reads an archive to its end.</summary>
    /// <param name="archive">The uncompressed archive.</param>
    /// <param name="stager">Unpacks.</param>
    /// <param name="isHere">Whether a layer is here already that has a digest, as its blob's or its own.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The archive; the caller disposes it.</returns>
    public static async Task<StreamArchive> ReadAsync(
        Stream archive, LayerStager stager, Func<Digest, ValueTask<bool>> isHere, CancellationToken cancellationToken)
    {
        var read = new StreamArchive(stager);
        try
        {
            var tar = new TarReader(archive);
            while (await tar.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
                await read.TakeAsync(tar, entry, isHere, cancellationToken).ConfigureAwait(false);
            // Whoever writes into a pipe wants to be read to the end.
            await archive.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            return read;
        }
        catch
        {
            await read.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override bool Has(string name) => _index.Find(name) is not null;

    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var member = _index.Find(name) ?? throw Missing(name);
        return member.Bytes is { } bytes ? new(bytes) : throw TooLarge(name, member.Size);
    }

    public override async ValueTask<StagedBlob?> StageAsync(string name, DiffId expected, CancellationToken cancellationToken)
    {
        var member = _index.Find(name) ?? throw Missing(name);
        if (member.Bytes is { } bytes)
            return await _stager.StageAsync(new MemoryStream(bytes), DigestOf(name), expected, cancellationToken).ConfigureAwait(false);
        if (member.Staged is { } staged && staged.Layer.DiffId != expected)
            throw new OciException(OciErrorKind.Corrupt, $"The archive's layer \"{name}\" has the DiffID {staged.Layer.DiffId}, not {expected} as its config says.");
        // A second chain with the same layer gets it from the first.
        return Interlocked.Exchange(ref member.Staged, null);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var member in _index.Files)
        {
            if (Interlocked.Exchange(ref member.Staged, null) is { } staged)
                await staged.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(TarReader tar, TarEntry entry, Func<Digest, ValueTask<bool>> isHere, CancellationToken cancellationToken)
    {
        string name = ArchivePath.Clean(entry.Name.Span);
        if (_index.TryAddLink(entry, name) || entry.Type != TarEntryType.File)
            return;
        if (entry.SparseMap is not null)
            throw new OciException(OciErrorKind.Unsupported, $"The archive's \"{name}\" is a sparse member.");
        var member = new Member { Size = entry.Size };
        _index.Add(name, member);
        var content = tar.OpenContent(entry);
        await using (content.ConfigureAwait(false))
        {
            if (entry.Size <= MaxSmallSize)
                await TakeSmallAsync(member, name, content, isHere, cancellationToken).ConfigureAwait(false);
            else if (!await IsHereAsync(name, isHere).ConfigureAwait(false))
                member.Staged = await _stager.StageAsync(content, DigestOf(name), null, cancellationToken).ConfigureAwait(false);
        }
    }

    // Small layers would add up: only what may be JSON waits in memory.
    private async Task TakeSmallAsync(
        Member member, string name, Stream content, Func<Digest, ValueTask<bool>> isHere, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[member.Size];
        await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (bytes.Length <= TinySize || bytes[0] is (byte)'{' or (byte)'[')
        {
            if ((_smallTotal += bytes.Length) > MaxSmallTotal)
                throw new OciException(OciErrorKind.InvalidInput, $"The archive has more than {MaxSmallTotal} bytes of JSON.");
            member.Bytes = bytes;
        }
        else if (!await IsHereAsync(name, isHere).ConfigureAwait(false))
        {
            member.Staged = await _stager.StageAsync(new MemoryStream(bytes), DigestOf(name), null, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<bool> IsHereAsync(string name, Func<Digest, ValueTask<bool>> isHere) =>
        DigestOf(name) is { } digest && await isHere(digest).ConfigureAwait(false);

    private sealed class Member
    {
        public StagedBlob? Staged;

        public required long Size { get; init; }

        public byte[]? Bytes { get; set; }
    }
}
