namespace OciImages.Layers.Compression;

/// <summary>A stream that may not be longer than a limit.</summary>
internal sealed class LimitedStream(Stream inner, long limit) : ForwardStream(inner)
{
    private readonly Stream _inner = inner;
    private long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _read += count;
        if (_read > limit)
            throw new OciException(OciErrorKind.InvalidInput, $"The layer is refused: it unpacks to more than the limit of {limit} bytes.");
        return count;
    }
}
