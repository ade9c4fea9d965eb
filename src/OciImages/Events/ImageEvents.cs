using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace OciImages.Events;

/// <summary>Tells whoever listens what happens to images in this process.</summary>
public sealed class ImageEvents
{
    // A listener that sleeps loses the oldest events instead of holding up pulls or memory.
    private const int Backlog = 1024;

    private readonly Lock _lock = new();
    private readonly List<Channel<ImageEvent>> _listeners = [];

    /// <summary>Listens from now on.</summary>
    /// <param name="cancellationToken">Ends the listening; the enumeration then just ends.</param>
    /// <returns>The events in order. A listener that is 1,024 events behind loses the oldest.</returns>
    public IAsyncEnumerable<ImageEvent> ListenAsync(CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateBounded<ImageEvent>(new BoundedChannelOptions(Backlog)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true,
        });
        lock (_lock)
            _listeners.Add(channel);
        return ReadAsync(channel, cancellationToken);
    }

    internal void Publish(ImageEvent happened)
    {
        lock (_lock)
        {
            foreach (var listener in _listeners)
                listener.Writer.TryWrite(happened);
        }
    }

    private async IAsyncEnumerable<ImageEvent> ReadAsync(
        Channel<ImageEvent> channel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    if (!await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                        yield break;
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    yield break;
                }
                while (channel.Reader.TryRead(out var happened))
                    yield return happened;
            }
        }
        finally
        {
            lock (_lock)
                _listeners.Remove(channel);
        }
    }
}
