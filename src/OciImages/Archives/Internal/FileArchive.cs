using Microsoft.Win32.SafeHandles;
using OciImages.Layers.Tar;

namespace OciImages.Archives.Internal;

/// <summary>An uncompressed archive in a file: only its headers are read at first, then what is missing here, several layers side by side.</summary>
internal sealed class FileArchive : ArchiveSource
{
    private readonly SafeFileHandle _file;
    private readonly LayerStager _stager;
    private readonly ArchiveIndex<Member> _index = new();

    private FileArchive(SafeFileHandle file, LayerStager stager)
    {
        _file = file;
        _stager = stager;
    }

    public override bool IsParallel => true;

    /// <summary>Reads the headers of an archive.</summary>
    /// <param name="file">The archive, at its start; its position is undefined afterwards.</param>
    /// <param name="stager">Unpacks.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The archive.</returns>
    public static async Task<FileArchive> OpenAsync(FileStream file, LayerStager stager, CancellationToken cancellationToken)
    {
        var archive = new FileArchive(file.SafeFileHandle, stager);
        long start = file.Position;
        var tar = new TarReader(file);
        while (await tar.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            string name = ArchivePath.Clean(entry.Name.Span);
            if (!archive._index.TryAddLink(entry, name) && entry.Type == TarEntryType.File)
                archive._index.Add(name, new Member(start + tar.ContentOffset, entry.StoredSize, entry.SparseMap is not null));
        }
        return archive;
    }

    public override bool Has(string name) => _index.Find(name) is not null;

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var member = Find(name);
        if (member.Size > MaxSmallSize)
            throw TooLarge(name, member.Size);
        byte[] bytes = new byte[member.Size];
        await Open(member).ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    public override async ValueTask<StagedBlob?> StageAsync(string name, DiffId expected, CancellationToken cancellationToken)
    {
        var blob = Open(Find(name));
        await using (blob.ConfigureAwait(false))
            return await _stager.StageAsync(blob, DigestOf(name), expected, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private FileSlice Open(Member member) => new(_file, member.Offset, member.Size);

    private Member Find(string name)
    {
        var member = _index.Find(name) ?? throw Missing(name);
        return member.IsSparse ? throw new OciException(OciErrorKind.Unsupported, $"The archive's \"{name}\" is a sparse member.") : member;
    }

    private sealed record Member(long Offset, long Size, bool IsSparse);
}
