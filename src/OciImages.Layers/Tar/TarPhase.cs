namespace OciImages.Layers.Tar;

/// <summary>What a <see cref="TarDecoder"/> takes next.</summary>
internal enum TarPhase
{
    /// <summary>One block of 512 bytes, as a whole.</summary>
    Block,

    /// <summary>Data of an extended header, in pieces.</summary>
    Metadata,

    /// <summary>Stored content of the member, in pieces.</summary>
    Content,

    /// <summary>What fills the last block, in pieces; the stream may end here.</summary>
    Padding,

    /// <summary>Nothing: the archive has ended, and what follows is not part of it.</summary>
    End,
}
