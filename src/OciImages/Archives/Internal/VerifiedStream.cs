namespace OciImages.Archives.Internal;

/// <summary>A blob on its way into an archive; its last bytes are not given out before its digest is right.</summary>
internal sealed class VerifiedStream(Stream blob, Digest expected, long size) : ReadOnlyForwardStream
{
    private readonly Digester _digester = expected.Algorithm.CreateDigester();
    private long _left = size;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        int read = await blob.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
        if (read == 0)
            throw new OciException(OciErrorKind.Corrupt, $"The stored content {expected} is {_left} bytes shorter than it should be.");
        _digester.Append(buffer.Span[..read]);
        _left -= read;
        if (_left == 0 && _digester.GetDigest() is var actual && actual != expected)
            throw new OciException(OciErrorKind.Corrupt, $"The stored content {expected} is damaged: it hashes to {actual}.");
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        _digester.Dispose();
        await blob.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
