namespace OciImages.Tests;

public class StorageExceptionTests
{
    [Theory]
    [InlineData(2, OciErrorKind.NotFound)]
    [InlineData(17, OciErrorKind.AlreadyExists)]
    [InlineData(13, OciErrorKind.Forbidden)]
    [InlineData(30, OciErrorKind.Forbidden)]
    [InlineData(28, OciErrorKind.Unavailable)]
    [InlineData(40, OciErrorKind.InvalidInput)]
    [InlineData(95, OciErrorKind.Unsupported)]
    [InlineData(9999, OciErrorKind.Unknown)]
    public void FromErrno_SaysWhatAndWhere(int errno, OciErrorKind kind)
    {
        var e = StorageException.FromErrno(errno, "write the ingest", "/x/y");
        Assert.Equal((kind, "/x/y", false), (e.Kind, e.Path, e.IsTransient));
        Assert.StartsWith("Cannot write the ingest at /x/y: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_RealExceptions_HaveTheirKind()
    {
        Assert.Equal(OciErrorKind.NotFound, Wrap(() => File.ReadAllText("/nowhere/at/all")).Kind);
        Assert.Equal(OciErrorKind.Forbidden, Wrap(() => throw new UnauthorizedAccessException("no")).Kind);
        if (OperatingSystem.IsLinux())
            Assert.Equal(OciErrorKind.Unavailable, Wrap(() => File.WriteAllText("/dev/full", "x")).Kind); // ENOSPC
    }

    private static StorageException Wrap(Action action)
    {
        var cause = Record.Exception(action)!;
        var e = StorageException.From(cause, "try", "/p");
        Assert.Same(cause, e.InnerException);
        return e;
    }
}
