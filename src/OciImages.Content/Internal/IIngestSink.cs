namespace OciImages.Content.Internal;

internal interface IIngestSink
{
    void Write(ReadOnlySpan<byte> data);

    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
