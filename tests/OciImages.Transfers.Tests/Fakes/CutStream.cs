namespace OciImages.Transfers.Tests.Fakes;

/// <summary>Serves some bytes, then fails.</summary>
internal sealed class CutStream(byte[] content, int length, Exception failure) : MemoryStream(content, 0, length, writable: false)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Position < Length ? base.ReadAsync(buffer, cancellationToken) : ValueTask.FromException<int>(failure);
}
