using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace OciImages.RegistryServer.Internal;

/// <summary>Copies a request's body in pieces as large as they can be had, because each is a write to the disk.</summary>
internal static class BodyReceiver
{
    // Two for each upload that is under way. Pieces of 256 KiB took no less time or CPU (measured).
    private const int BufferLength = 64 << 10;
    private const int FullEnough = 48 << 10;

    /// <summary>Copies a body to its end.</summary>
    /// <param name="body">The body.</param>
    /// <param name="output">Where it goes.</param>
    /// <param name="limit">The most bytes that it may have.</param>
    /// <param name="cancellationToken">Cancels the copy.</param>
    /// <returns>How many bytes were written; -1 when there were more than allowed, of which some are written.</returns>
    [SuppressMessage("Reliability", "CA2012", Justification = "Each is awaited once, by one of the two awaits.")]
    internal static async ValueTask<long> CopyAsync(Stream body, Stream output, long limit, CancellationToken cancellationToken)
    {
        byte[] front = ArrayPool<byte>.Shared.Rent(BufferLength);
        byte[] back = ArrayPool<byte>.Shared.Rent(BufferLength);
        // Not a task: one for each piece would be most of what an upload allocates.
        var writing = default(ValueTask);
        try
        {
            long total = 0;
            while (true)
            {
                var (length, isEnd, failure) = await FillAsync(body, front, cancellationToken).ConfigureAwait(false);
                await writing.ConfigureAwait(false);
                writing = default;
                if (length > limit - total)
                    return -1;
                if (length > 0)
                {
                    // The next piece arrives while this one is hashed and written.
                    writing = output.WriteAsync(front.AsMemory(0, length), CancellationToken.None);
                    total += length;
                }
                if (failure is not null || isEnd)
                {
                    // What a client sent before it vanished is kept: it may go on from there.
                    await writing.ConfigureAwait(false);
                    failure?.Throw();
                    return total;
                }
                (front, back) = (back, front);
            }
        }
        finally
        {
            // Nobody writes to or from these any more: each way out has awaited the last write.
            ArrayPool<byte>.Shared.Return(front);
            ArrayPool<byte>.Shared.Return(back);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<(int Length, bool IsEnd, ExceptionDispatchInfo? Failure)> FillAsync(
        Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        int length = 0;
        try
        {
            while (length < FullEnough)
            {
                int read = await body.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    return (length, true, null);
                length += read;
            }
            return (length, false, null);
        }
        catch (Exception e)
        {
            return (length, true, ExceptionDispatchInfo.Capture(e));
        }
    }
}
