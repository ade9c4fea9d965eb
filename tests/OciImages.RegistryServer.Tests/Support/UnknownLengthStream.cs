namespace OciImages.RegistryServer.Tests.Support;

/// <summary>A body of which nobody says how long it is.</summary>
internal sealed class UnknownLengthStream(byte[] content) : MemoryStream(content)
{
    public override bool CanSeek => false;
}
