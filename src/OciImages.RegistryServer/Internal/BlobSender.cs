using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Internal;

/// <summary>Sends content.</summary>
internal static class BlobSender
{
    // Read straight into the response's own memory, one piece for each client at a time.
    private const int PieceLength = 128 << 10;

    /// <summary>Sends a part of a stream; the status and the headers are set.</summary>
    /// <returns>How many bytes were sent.</returns>
    internal static async ValueTask<long> SendAsync(HttpContext context, Stream content, long length)
    {
        var writer = context.Response.BodyWriter;
        long left = length;
        while (left > 0)
        {
            int wanted = (int)Math.Min(left, PieceLength);
            int read = await content.ReadAsync(writer.GetMemory(wanted)[..wanted], context.RequestAborted).ConfigureAwait(false);
            if (read == 0)
            {
                // The file has become shorter. A cut connection tells the client; a short body would look whole to a careless one.
                context.Abort();
                return length - left;
            }
            writer.Advance(read);
            left -= read;
            var flushed = await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            if (flushed.IsCompleted)
                return length - left;
        }
        return length;
    }
}
