using OciImages.Layers.TarSplit;

namespace OciImages.Layers.Internal.Store;

/// <summary>Learns from the bytes of a tar, as they pass, its DiffID and what is needed to make it again.</summary>
internal sealed class LayerRecorder : IDisposable
{
    private readonly Digester _digester = DigestAlgorithm.Sha256.CreateDigester();
    private readonly string? _path;
    private readonly FileStream? _file;
    private readonly TarSplitRecorder? _tarSplit;

    /// <summary>Makes a recorder.</summary>
    /// <param name="tarSplitPath">The tar-split file to write; null to take the DiffID alone.</param>
    internal LayerRecorder(string? tarSplitPath)
    {
        _path = tarSplitPath;
        if (tarSplitPath is null)
            return;
        _file = StoreFiles.Guard("make the file", tarSplitPath, () => new FileStream(tarSplitPath, FileMode.CreateNew, FileAccess.Write));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_file.SafeFileHandle, StoreFiles.PublicFile);
        _tarSplit = new TarSplitRecorder(_file);
    }

    internal ValueTask AppendAsync(ReadOnlyMemory<byte> tar, CancellationToken cancellationToken)
    {
        _digester.Append(tar.Span);
        try
        {
            _tarSplit?.Append(tar.Span);
        }
        catch (IOException e)
        {
            throw StorageException.From(e, "write the file", _path!);
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the record.</summary>
    /// <returns>The DiffID of all bytes that passed.</returns>
    internal DiffId Complete()
    {
        try
        {
            _tarSplit?.Complete();
            _file?.Flush();
        }
        catch (IOException e)
        {
            throw StorageException.From(e, "write the file", _path!);
        }
        return new DiffId(_digester.GetDigest());
    }

    public void Dispose()
    {
        _digester.Dispose();
        try
        {
            _tarSplit?.Dispose();
            _file?.Dispose();
        }
        catch (IOException)
        {
            // A full disk: whoever wants the record has completed it, and has seen the error.
        }
    }
}
