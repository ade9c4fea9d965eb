namespace OciImages.Registry.Tests.Uploads;

/// <summary>Content to push.</summary>
internal static class Content
{
    public static Func<CancellationToken, ValueTask<Stream>> Of(byte[] bytes) => _ => ValueTask.FromResult<Stream>(new MemoryStream(bytes, writable: false));

    /// <summary>Content that must not be wanted.</summary>
    public static ValueTask<Stream> Never(CancellationToken cancellationToken)
    {
        Assert.Fail("The content was opened.");
        return default;
    }
}
