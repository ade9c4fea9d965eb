using OciImages.Registry.Uploads;

namespace OciImages.Registry.Tests.Uploads;

public class UploadRangeTests
{
    [Theory]
    [InlineData("0-99", 100L)]
    [InlineData("bytes=0-99", 100L)]
    [InlineData("bytes 0-99", 100L)]
    [InlineData(" 0-1 ", 2L)]
    [InlineData("0-0", 0L)]
    [InlineData("0--1", null)]
    [InlineData("5-99", null)]
    [InlineData("0-", null)]
    [InlineData("", null)]
    [InlineData("0-9223372036854775807", null)]
    [InlineData("0-99999999999999999999", null)]
    [InlineData("<html>", null)]
    public void CountOf_Header_IsOneMoreThanTheLastByte(string header, long? expected) => Assert.Equal(expected, UploadRange.CountOf(header));
}
