using System.Net;
using System.Net.Http.Headers;
using OciImages.Registry.Http;

namespace OciImages.Registry.Uploads;

/// <summary>The body of one upload request: a part of the content, never more than a buffer of it in memory; or nothing.</summary>
internal sealed class UploadBody : WatchedContent
{
    // How fast a registry may be expected to check and store what it got before it answers.
    private const double BytesPerSecond = 20 * 1024 * 1024;

    // What must go out within the idle time-out: a slow line has many connections to share.
    private const int PieceSize = 16 * 1024;

    private readonly UploadSource _source;
    private readonly long _offset;
    private readonly long _length;
    private readonly IProgress<long>? _progress;

    /// <param name="source">The content.</param>
    /// <param name="offset">The first byte sent.</param>
    /// <param name="length">How many bytes are sent.</param>
    /// <param name="isPart">Whether the registry is told which part of the whole it gets.</param>
    /// <param name="progress">Gets how many bytes of the whole are sent.</param>
    public UploadBody(UploadSource source, long offset, long length, bool isPart, IProgress<long>? progress)
    {
        (_source, _offset, _length, _progress) = (source, offset, length, progress);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        // The specification's form, without unit and size; registries refuse that of RFC 9110, which the header's own class writes.
        if (isPart)
            Headers.TryAddWithoutValidation("Content-Range", $"{offset}-{offset + length - 1}");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        long sent = _offset;
        // Reading the content is not the network's time.
        Watch?.Stop();
        await _source.CopyAsync(_offset, _length, async bytes =>
        {
            for (int start = 0; start < bytes.Length; start += PieceSize)
            {
                Watch?.Restart();
                await stream.WriteAsync(bytes.Slice(start, Math.Min(PieceSize, bytes.Length - start)), cancellationToken).ConfigureAwait(false);
                Watch?.Stop();
            }
            sent += bytes.Length;
            _progress?.Report(sent);
        }, cancellationToken).ConfigureAwait(false);
        Watch?.Restart(TimeSpan.FromSeconds((_offset + _length) / BytesPerSecond));
    }
}
