namespace OciImages.Tests;

public class DigestTests
{
    [Fact]
    public void Parse_Default_PrintsEmpty()
    {
        Assert.True(default(Digest).IsEmpty);
        Assert.Equal("", default(Digest).ToString());
    }
}
