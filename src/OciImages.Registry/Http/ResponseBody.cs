using System.Buffers;
using System.Runtime.CompilerServices;
using OciImages.Registry.Http.Mirrors;

namespace OciImages.Registry.Http;

/// <summary>The body of an answer, read under the idle time-out and the least pace. Disposing it gives the connection back.</summary>
internal sealed class ResponseBody(HttpResponseMessage response, Stream stream, IdleWatch watch, PaceWatch pace, BodyTap? tap = null) : IDisposable
{
    /// <summary>How many bytes the answer's head announces; null when it does not say.</summary>
    public long? Length => response.Content.Headers.ContentLength;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using (watch.Start(cancellationToken))
        {
            try
            {
                pace.Start();
                int read = await stream.ReadAsync(buffer, watch.Token).ConfigureAwait(false);
                if (read > 0)
                    pace.Stop(read);
                tap?.Read(buffer.Span[..read]);
                return read;
            }
            catch (OperationCanceledException e)
            {
                throw watch.Explain(e, cancellationToken);
            }
            finally
            {
                watch.Stop();
            }
        }
    }

    /// <summary>Reads up to <paramref name="maxLength"/> bytes, or to the end.</summary>
    /// <returns>The bytes, and whether there are more.</returns>
    public async Task<(byte[] Bytes, bool IsMore)> ReadUpToAsync(int maxLength, CancellationToken cancellationToken)
    {
        // Grows as bytes really come: an announced length is only a claim.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Min(maxLength, 16 * 1024));
        int count = 0;
        try
        {
            while (true)
            {
                if (count == maxLength)
                    return (buffer[..count], await ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0);
                if (count == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)buffer.Length * 2, maxLength));
                    buffer.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
                int wanted = Math.Min(buffer.Length, maxLength) - count;
                int read = await ReadAsync(buffer.AsMemory(count, wanted), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    return (buffer[..count], false);
                count += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads and drops bytes.</summary>
    /// <returns>Whether there were so many.</returns>
    public async Task<bool> SkipAsync(long count, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (count > 0)
            {
                int read = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    return false;
                count -= read;
            }
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        response.Dispose();
        watch.Dispose();
    }
}
