namespace OciImages.Tests;

public class OciExceptionTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("größer als „4 MiB“ …", "größer als „4 MiB“ …")]
    [InlineData("is for \u001b[2J\u001b]0;x\u0007linux", "is for \uFFFD[2J\uFFFD]0;x\uFFFDlinux")]
    [InlineData("one\r\ntwo\tthree\u2028four", "one\uFFFD\uFFFDtwo\uFFFDthree\uFFFDfour")]
    [InlineData("\u202Egnp.exe\u009B1m", "\uFFFDgnp.exe\uFFFD1m")]
    public void Message_SteersNoTerminal(string given, string shown) => Assert.Equal(shown, new OciException(OciErrorKind.Unknown, given).Message);
}
