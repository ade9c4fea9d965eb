using System.IO.Compression;

namespace OciImages.Layers.Compression;

/// <summary>
/// Unpacks a gzip of one or more members (RFC 1952) and does not let it end before its end: what is truncated, damaged or followed by
/// anything but zeros throws.
/// </summary>
internal sealed class GzipDecodeStream : ForwardStream
{
    private readonly GzipFeed _feed;
    private readonly GZipStream _gzip;
    private readonly string _subject;
    private bool _ended;

    /// <summary>Makes a stream.</summary>
    /// <param name="compressed">The gzip; disposed with this stream.</param>
    /// <param name="subject">What it is, for messages.</param>
    public GzipDecodeStream(Stream compressed, string subject)
        : this(new GzipFeed(compressed), subject)
    {
    }

    private GzipDecodeStream(GzipFeed feed, string subject)
        : this(feed, new GZipStream(feed, CompressionMode.Decompress), subject)
    {
    }

    private GzipDecodeStream(GzipFeed feed, GZipStream gzip, string subject)
        : base(gzip) => (_feed, _gzip, _subject) = (feed, gzip, subject);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        try
        {
            int count = await _gzip.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count > 0)
                return count;
        }
        catch (InvalidDataException e)
        {
            // The zeros of the feed may be what it stumbled over.
            throw _feed.ReachedTail
                ? Corrupt("truncated, or damaged at its end", e)
                : Corrupt("damaged: " + e.Message.TrimEnd('.'), e);
        }
        if (_feed.IsStarved)
            throw Corrupt("truncated");
        if (!_feed.ReachedTail)
            throw Corrupt("followed by bytes that are no gzip");
        _ended = true;
        return 0;
    }

    private OciException Corrupt(string problem, Exception? cause = null) =>
        new(OciErrorKind.Corrupt, $"The gzip of the {_subject} is {problem}.", cause);
}
