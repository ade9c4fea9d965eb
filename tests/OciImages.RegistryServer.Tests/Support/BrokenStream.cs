namespace OciImages.RegistryServer.Tests.Support;

/// <summary>A body that breaks at its end, as that of a client does that vanishes.</summary>
internal sealed class BrokenStream(byte[] content) : MemoryStream(content)
{
    public override bool CanSeek => false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await base.ReadAsync(buffer, cancellationToken);
        return read > 0 ? read : throw new IOException("The client is gone.");
    }
}
