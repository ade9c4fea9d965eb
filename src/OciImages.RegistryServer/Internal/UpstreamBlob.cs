using System.Buffers;
using Microsoft.AspNetCore.Http;
using OciImages.Content;

namespace OciImages.RegistryServer.Internal;

/// <summary>A blob on its way from the upstream to a client, and, if it has a writer, into the store.</summary>
internal sealed class UpstreamBlob(
    RegistryState state, IRegistryIndex index, string repository, Descriptor blob, ByteRange range, Stream source, ContentWriter? writer)
    : IAsyncDisposable
{
    private const int PieceLength = 128 << 10;

    private ContentWriter? _writer = writer;

    /// <summary>Sends it; status and headers are set.</summary>
    /// <returns>How many bytes were sent.</returns>
    internal async ValueTask<long> SendAsync(HttpContext context)
    {
        long sent = await SendWrittenAsync(context).ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            while (sent < range.Length)
            {
                int wanted = (int)Math.Min(PieceLength, range.Length - sent);
                int read = await source.ReadAsync(buffer.AsMemory(0, wanted), context.RequestAborted).ConfigureAwait(false);
                RegistryTelemetry.BytesFetched(read);
                if (read == 0 || !await KeepAsync(buffer.AsMemory(0, read), isLast: sent + read == range.Length).ConfigureAwait(false))
                {
                    context.Abort();
                    return sent;
                }
                await context.Response.BodyWriter.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted).ConfigureAwait(false);
                sent += read;
            }
            return sent;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is { } writer)
            await writer.DisposeAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }

    // What an earlier client's request has left.
    private async ValueTask<long> SendWrittenAsync(HttpContext context)
    {
        if (_writer is not { Offset: > 0 } writer)
            return 0;
        long length = writer.Offset;
        var written = await writer.OpenWrittenAsync(context.RequestAborted).ConfigureAwait(false);
        await using (written.ConfigureAwait(false))
            return await BlobSender.SendAsync(context, written, length).ConfigureAwait(false);
    }

    /// <summary>Writes a piece; with the last one the whole is verified before the client gets it.</summary>
    /// <returns>Whether the client may have it.</returns>
    private async ValueTask<bool> KeepAsync(ReadOnlyMemory<byte> piece, bool isLast)
    {
        if (_writer is not { } writer)
            return true;
        try
        {
            await writer.Output.WriteAsync(piece, CancellationToken.None).ConfigureAwait(false);
            if (!isLast)
                return true;
            using var hold = await state.Gate.EnterAsync(blob.Digest, CancellationToken.None).ConfigureAwait(false);
            await writer.CommitAsync(blob.Size, blob.Digest, CancellationToken.None).ConfigureAwait(false);
            await index.AddBlobAsync(repository, blob.Digest, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (StorageException e)
        {
            // A full disk is no reason to keep it from the client, who verifies it too.
            state.Logger.UpstreamBlobNotKept(e, repository, blob.Digest);
            _writer = null;
            await writer.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (OciException e)
        {
            state.Logger.UpstreamBlobNotKept(e, repository, blob.Digest);
            return false;
        }
    }
}
