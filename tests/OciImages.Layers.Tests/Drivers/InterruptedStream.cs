namespace OciImages.Layers.Tests.Drivers;

/// <summary>A stream in whose middle something happens, once.</summary>
public sealed class InterruptedStream(Stream inner, long position, Action interrupt) : MemoryStream
{
    private bool _done;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_done && inner.Position >= position)
        {
            _done = true;
            interrupt();
        }
        cancellationToken.ThrowIfCancellationRequested();
        int most = _done ? buffer.Length : (int)Math.Min(buffer.Length, position - inner.Position);
        return await inner.ReadAsync(buffer[..most], cancellationToken);
    }
}
