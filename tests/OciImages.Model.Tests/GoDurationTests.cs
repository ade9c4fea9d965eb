namespace OciImages.Tests;

public class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1h30m", 54_000_000_000)]
    [InlineData("1.5s", 15_000_000)]
    [InlineData(".5s", 5_000_000)]
    [InlineData("1.s", 10_000_000)]
    [InlineData("-20ms", -200_000)]
    [InlineData("+2us", 20)]
    [InlineData("3µs", 30)]
    [InlineData("150ns", 1)]
    public void TryParse_Duration_IsRead(string text, long ticks)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("h")]
    [InlineData("1d")]
    [InlineData("1h ")]
    [InlineData("1h\n")]
    [InlineData("1h-1m")]
    [InlineData("9999999h")]
    [InlineData("99999999999999999999999999999999999h")]
    public void TryParse_AnythingElse_IsNot(string? text) => Assert.False(GoDuration.TryParse(text, out _));
}
