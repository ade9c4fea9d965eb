using OciImages.Registry.Uploads;

namespace OciImages.Registry.Tests.Uploads;

public class UploadSourceTests
{
    [Fact]
    public async Task Copy_AfterAReadThatWasCancelledHalfWay_GivesTheContentFromItsStart()
    {
        byte[] content = Registries.Bytes(300_000);
        using var cancel = new CancellationTokenSource();
        int opened = 0;
        await using var source = new UploadSource(
            Registries.Blob(content), _ => ValueTask.FromResult<Stream>(opened++ == 0 ? new CancelledStream(content, cancel) : new MemoryStream(content)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.CopyAsync(0, content.Length, _ => default, cancel.Token));

        var copy = new MemoryStream();
        await source.CopyAsync(0, content.Length, piece => copy.WriteAsync(piece), TestContext.Current.CancellationToken);

        Assert.Equal(content, copy.ToArray());
        Assert.Null(source.Failure);
        Assert.Equal(2, opened);
    }

    /// <summary>Gives a few bytes, and is cancelled before the next.</summary>
    private sealed class CancelledStream(byte[] content, CancellationTokenSource cancel) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position > 0)
                await cancel.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return await base.ReadAsync(buffer[..Math.Min(buffer.Length, 1000)], cancellationToken);
        }
    }
}
