using System.IO.Pipelines;
using OciImages.Content;
using OciImages.Registry;

namespace OciImages.Transfers.Internal;

/// <summary>
/// Brings a blob from a registry into the content store while somebody reads the same bytes: socket → {hash, file} → pipe. An ingest
/// that an earlier attempt or process left is continued; the reader then gets its bytes from disk first.
/// </summary>
internal sealed class BlobFetch(ContentWriter writer, Descriptor blob, ProgressGate progress)
{
    private const int ChunkSize = 256 * 1024;

    // Enough that the socket does not wait for each burst of file creation, little enough to keep a pull's memory flat.
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: 4 * ChunkSize, resumeWriterThreshold: 2 * ChunkSize, minimumSegmentSize: ChunkSize, useSynchronizationContext: false));

    /// <summary>The blob's bytes from its start. Disposing it early lets the fetch go on without a reader.</summary>
    public Stream Reader => field ??= _pipe.Reader.AsStream();

    /// <summary>Fetches to the end; the reader must be read or disposed meanwhile.</summary>
    public async Task RunAsync(IBlobOperations source, CancellationToken cancellationToken)
    {
        try
        {
            await ReplayAsync(cancellationToken).ConfigureAwait(false);
            var network = await source.OpenReadAsync(blob, writer.Offset, cancellationToken).ConfigureAwait(false);
            await using (network.ConfigureAwait(false))
                await CopyAsync(network, keep: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await _pipe.Writer.CompleteAsync(e).ConfigureAwait(false);
            throw;
        }
        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
    }

    private async Task ReplayAsync(CancellationToken cancellationToken)
    {
        if (writer.Offset > blob.Size)
            await writer.RestartAsync(cancellationToken).ConfigureAwait(false);
        if (writer.Offset == 0)
            return;
        progress.MoveTo(writer.Offset);
        var written = await writer.OpenWrittenAsync(cancellationToken).ConfigureAwait(false);
        await using (written.ConfigureAwait(false))
            await CopyAsync(written, keep: false, cancellationToken).ConfigureAwait(false);
    }

    private async Task CopyAsync(Stream from, bool keep, CancellationToken cancellationToken)
    {
        bool reading = true;
        while (true)
        {
            // The pipe's own memory is the only buffer: the bytes are read into it, hashed and written from it, and inflated from it.
            var memory = _pipe.Writer.GetMemory(ChunkSize);
            int read = await from.ReadAsync(memory, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return;
            if (keep)
            {
                await writer.Output.WriteAsync(memory[..read], cancellationToken).ConfigureAwait(false);
                TransferTelemetry.Received(read);
                progress.MoveTo(writer.Offset);
            }
            if (!reading)
                continue;
            _pipe.Writer.Advance(read);
            reading = !(await _pipe.Writer.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted;
        }
    }
}
