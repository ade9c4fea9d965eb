using System.Buffers;
using System.IO.Pipelines;
using OciImages.Content;
using OciImages.Layers;
using OciImages.Layers.Compression;

namespace OciImages.Archives.Internal;

/// <summary>Unpacks layers out of archives in one pass: archive → {blob's hash and ingest} → inflate → {DiffID, files}.</summary>
internal sealed class LayerStager(IContentStore content, ILayerStore layers, LoadOptions options)
{
    private const int ChunkSize = 256 * 1024;

    private readonly LayerCompressionOptions _limits = new() { MaxDecompressedSize = options.MaxUnpackedSize };

    /// <summary>Unpacks a layer.</summary>
    /// <param name="blob">The bytes; read to their end, not disposed.</param>
    /// <param name="digest">The digest that the bytes must have where the archive says it; a compressed blob is then kept under it.</param>
    /// <param name="expected">The DiffID that the layer must have; null when it is not known yet.</param>
    /// <param name="cancellationToken">Cancels; nothing stays.</param>
    /// <returns>The layer; the caller disposes it.</returns>
    public async Task<StagedBlob> StageAsync(Stream blob, Digest? digest, DiffId? expected, CancellationToken cancellationToken)
    {
        byte[] start = new byte[10];
        int length = await blob.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        // An uncompressed layer is kept unpacked alone; its tar can be rebuilt.
        bool isCompressed = LayerCompression.Detect(start.AsSpan(0, length)) != LayerCompressionKind.None;
        var writer = digest is { } name && isCompressed
            && await content.FindAsync(name, cancellationToken).ConfigureAwait(false) is null
                ? await content.OpenWriterAsync($"load-{name}-{Guid.NewGuid():N}", cancellationToken).ConfigureAwait(false)
                : null;
        StagedLayer? staged = null;
        try
        {
            staged = await PipeAsync(start.AsMemory(0, length), blob, writer?.Output, expected, cancellationToken).ConfigureAwait(false);
            if (digest is { } wanted && !isCompressed && staged.DiffId.Value != wanted)
                throw new OciException(OciErrorKind.Corrupt, $"The archive's blob {wanted} has the digest {staged.DiffId} instead.");
            return new StagedBlob(content, staged, writer, digest ?? default);
        }
        catch
        {
            if (staged is not null)
                await staged.DisposeAsync().ConfigureAwait(false);
            if (writer is not null)
            {
                await writer.DisposeAsync().ConfigureAwait(false);
                await content.AbortAsync(writer.IngestId, CancellationToken.None).ConfigureAwait(false);
            }
            throw;
        }
    }

    // The archive is read, hashed and kept on one side of the pipe, inflated and unpacked on the other.
    private async Task<StagedLayer> PipeAsync(
        ReadOnlyMemory<byte> start, Stream rest, Stream? copy, DiffId? expected, CancellationToken cancellationToken)
    {
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: 4 * ChunkSize, resumeWriterThreshold: 2 * ChunkSize, minimumSegmentSize: ChunkSize, useSynchronizationContext: false));
        var unpacking = UnpackAsync(pipe.Reader, expected, cancellationToken);
        try
        {
            await PumpAsync(start, rest, copy, pipe.Writer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await pipe.Writer.CompleteAsync(e).ConfigureAwait(false);
            await DiscardAsync(unpacking).ConfigureAwait(false);
            throw;
        }
        await pipe.Writer.CompleteAsync().ConfigureAwait(false);
        return await unpacking.ConfigureAwait(false);
    }

    private static async Task PumpAsync(
        ReadOnlyMemory<byte> start, Stream rest, Stream? copy, PipeWriter pipe, CancellationToken cancellationToken)
    {
        pipe.Write(start.Span);
        if (copy is not null)
            await copy.WriteAsync(start, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var memory = pipe.GetMemory(ChunkSize);
            int read = await rest.ReadAsync(memory, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return;
            if (copy is not null)
                await copy.WriteAsync(memory[..read], cancellationToken).ConfigureAwait(false);
            pipe.Advance(read);
            // Who unpacks has failed: its error is the one to tell.
            if ((await pipe.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted)
                return;
        }
    }

    private async Task<StagedLayer> UnpackAsync(PipeReader pipe, DiffId? expected, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var blob = pipe.AsStream();
        await using (blob.ConfigureAwait(false))
        {
            var tar = await LayerCompression.OpenAsync(blob, _limits, cancellationToken).ConfigureAwait(false);
            await using (tar.ConfigureAwait(false))
                return await layers.StageAsync(tar, expected, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task DiscardAsync(Task<StagedLayer> unpacking)
    {
        try
        {
            await (await unpacking.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OciException or IOException or OperationCanceledException)
        {
            // The archive's failure is on its way to the caller and is the cause of this one.
        }
    }
}
