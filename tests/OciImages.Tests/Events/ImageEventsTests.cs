using OciImages.Events;

namespace OciImages.Tests.Events;

public class ImageEventsTests
{
    [Fact]
    public async Task ListenAsync_Cancelled_JustEnds()
    {
        using var cancellation = new CancellationTokenSource();
        var listening = new ImageEvents().ListenAsync(cancellation.Token).ToListAsync();
        await cancellation.CancelAsync();
        Assert.Empty(await listening);
    }

    [Fact]
    public async Task ListenAsync_SlowListener_LosesTheOldest()
    {
        var events = new ImageEvents();
        using var cancellation = new CancellationTokenSource();
        var listening = events.ListenAsync(cancellation.Token);
        for (int i = 0; i < 2000; i++)
            events.Publish(new ImageEvent(ImageEventType.Pull, default, $"{i}", default));

        var seen = new List<string>();
        await foreach (var happened in listening)
        {
            seen.Add(happened.Reference);
            if (happened.Reference == "1999")
                await cancellation.CancelAsync();
        }

        Assert.Equal(1024, seen.Count);
        Assert.Equal("976", seen[0]);
    }
}
