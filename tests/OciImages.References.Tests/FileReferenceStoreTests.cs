using OciImages.TestSupport.Logging;
using OciImages.IO;
using OciImages.TestSupport;

namespace OciImages.References.Tests;

public sealed class FileReferenceStoreTests : ReferenceStoreContract, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly RecordingLogger<FileReferenceStore> _log = new();
    private readonly FileReferenceStore _store;

    public FileReferenceStoreTests()
    {
        _store = new FileReferenceStore(_directory["image/overlay2/repositories.json"], null, _log);
        Other = new FileReferenceStore(_store.FilePath);
    }

    protected override IReferenceStore Store => _store;

    protected override IReferenceStore Other { get; }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Reads_OfAMissingFile_TouchNothing()
    {
        Assert.Empty(await ListAsync(Store));
        Assert.False(await Store.RemoveAsync(Ref("a:1")));
        Assert.False(Directory.Exists(_directory["image"]));
    }

    [Fact]
    public async Task Set_WritesDockersBytes()
    {
        await Store.SetAsync(Ref("bb"+":latest"), One);
        await Store.SetAsync(Ref("127.0.0.1:5000/img1:v1"), Two);
        await Store.SetAsync(Ref($"127.0.0.1:5000/img1@{DigestText}"), Two);
        await Store.SetAsync(Ref("docker.io/user/app:1"), One);

        Assert.Equal(
            T("""{"Repositories":{"127.0.0.1:5000/img1":{"127.0.0.1:5000/img1:v1":"TWO","127.0.0.1:5000/img1@DIGEST":"TWO"},"bb":{"bb:latest":"ONE"},"user/app":{"user/app:1":"ONE"}}}"""),
            await ReadAsync());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_store.FilePath));
        Assert.Equal(["repositories.json", "repositories.json.lock"], Directory.GetFiles(_directory["image/overlay2"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Remove_LastOfARepository_RemovesItsKey()
    {
        await Store.SetAsync(Ref("a:1"), One);
        await Store.SetAsync(Ref("b:1"), One);
        await Store.RemoveAsync(Ref("a:1"));
        Assert.Equal(T("""{"Repositories":{"b":{"b:1":"ONE"}}}"""), await ReadAsync());
        await Store.RemoveAsync(Ref("b:1"));
        Assert.Equal("""{"Repositories":{}}""", await ReadAsync());
    }

    [Fact]
    public async Task PrettyPrintedFile_IsAcceptedAndRewrittenCompact()
    {
        await WriteAsync(T("""
            {
              "Repositories": {
                "empty": {},
                "none": null,
                "a": {
                  "a:1": "ONE"
                }
              }
            }

            """));
        Assert.Equal(One, await Store.FindAsync(Ref("a:1")));
        await Store.SetAsync(Ref("none:1"), Two);

        Assert.Equal(T("""{"Repositories":{"a":{"a:1":"ONE"},"empty":{},"none":{"none:1":"TWO"}}}"""), await ReadAsync());
        Assert.Empty(_log.Entries);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"Repositories":null}""")]
    [InlineData("""{"Repositories":{}}""")]
    public async Task EmptyForms_AreEmptyStores(string json)
    {
        await WriteAsync(json);
        Assert.Empty(await ListAsync(Store));
        await Store.SetAsync(Ref("a:1"), One);
        Assert.Equal(T("""{"Repositories":{"a":{"a:1":"ONE"}}}"""), await ReadAsync());
    }

    [Fact]
    public async Task WhatIsNotUnderstood_IsReportedAndKept()
    {
        string odd = """
            "a":{"a:1":"ONE","a:BAD:x":"ONE","a:2":"sha256:short","a:3":{"x": [1, "<é>"]},"docker.io/library/a:4":"ONE","b:1":"ONE"},"list":[1, 2]
            """;
        await WriteAsync(T("""{"Version":2,"Repositories":{ODD},"More":{"k": "v"}}""".Replace("ODD", odd)));
        Assert.Equal(["docker.io/library/a:1"], await ListAsync(Store));
        Assert.Null(await Store.FindAsync(Ref("a:2")));
        Assert.False(await Store.RemoveAsync(Ref("a:2")));
        Assert.Equal(
            ["Version", "More", "a:BAD:x", "a:2", "a:3", "docker.io/library/a:4", "b:1", "list"],
            _log.Entries.Select(entry => entry.Message.Split(' ')[2]));

        await Store.SetAsync(Ref("a:5"), Two);
        Assert.Equal(
            T("""{"Repositories":{"a":{"a:1":"ONE","a:2":"sha256:short","a:3":{"x": [1, "<é>"]},"a:5":"TWO","a:BAD:x":"ONE","b:1":"ONE","docker.io/library/a:4":"ONE"},"list":[1, 2]},"Version":2,"More":{"k": "v"}}"""),
            await ReadAsync());
        var failure = await Assert.ThrowsAsync<StorageException>(async () => await Store.SetAsync(Ref("list:1"), One));
        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
        await Store.SetAsync(Ref("a:2"), One);
        Assert.Equal(One, await Other.FindAsync(Ref("a:2")));
    }

    [Fact]
    public async Task OddNames_AreWrittenAsGoDoes()
    {
        await WriteAsync("""{"Repositories":{"z<&>\u2028\"\\\n\u0001é\ud83d\ude00":{},"\uffee":{},"\ud83d\ude00":{}}}""");
        await Store.SetAsync(Ref("a:1"), One);

        Assert.Equal(
            T("""{"Repositories":{"a":{"a:1":"ONE"},"z\u003c\u0026\u003e\u2028\"\\\n\u0001é😀":{},"￮":{},"😀":{}}}"""),
            await ReadAsync());
    }

    [Theory]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"sha256:\\ud800\"")]
    [InlineData("7")]
    [InlineData("\"\"")]
    public async Task ValueThatIsNoImage_IsNotUnderstoodAndKept(string value)
    {
        await WriteAsync(T("""{"Repositories":{"a":{"a:1":VALUE,"a:2":"ONE"}}}""").Replace("VALUE", value));

        Assert.Null(await Store.FindAsync(Ref("a:1")));
        Assert.Equal(["docker.io/library/a:2"], await ListAsync(Store));
        Assert.Equal(["a:1"], await _store.ListNotUnderstoodAsync());
        await Store.RemoveAsync(Ref("a:2"));
        Assert.Contains(value, await ReadAsync());
    }

    [Fact]
    public async Task EscapedDigest_IsTheImage()
    {
        await WriteAsync(T("""{"Repositories":{"a":{"a:1":"ONE"}}}""").Replace("sha256:", "\\u0073ha256:"));

        Assert.Equal(One, await Store.FindAsync(Ref("a:1")));
        Assert.Equal(["docker.io/library/a:1"], await ListAsync(Store, One));
    }

    [Theory]
    [InlineData("a", "a:")]
    [InlineData("a", "a")]
    [InlineData("a", "ab:1")]
    [InlineData("a", "a:1@DIGEST")]
    [InlineData("a", "a@sha256:1")]
    [InlineData("a", "a:-")]
    [InlineData("docker.io/a", "docker.io/a:1")]
    [InlineData("A", "A:1")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123", "0123456789012345678901234567890123456789012345678901234567890123:1")]
    public async Task NameThatIsNoFamiliarReference_IsNotListed(string repository, string name)
    {
        await WriteAsync(T("""{"Repositories":{"REPOSITORY":{"NAME":"ONE"}}}""".Replace("REPOSITORY", repository).Replace("NAME", name)));

        Assert.Empty(await ListAsync(Store));
        Assert.Equal([T(name)], await _store.ListNotUnderstoodAsync());
    }

    [Fact]
    public async Task RepeatedNames_LastCounts()
    {
        await WriteAsync(T("""{"Repositories":{"x":{}},"Repositories":{"a":{"a:1":"ONE"},"a":{"a:1":"ONE","a:1":"TWO"}}}"""));

        Assert.Equal(Two, await Store.FindAsync(Ref("a:1")));
        Assert.Empty(await ListAsync(Store, One));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"Repositories\":{\"a\":{\"a:1\":\"sha")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"Repositories\":[]}")]
    [InlineData("{\"Repositories\":{}} trailing")]
    [InlineData("{\"Repositories\":{\"\\ud800\":{}}}")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"Repositories\":{},\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}")]
    public async Task DamagedFile_IsNamedAndNeverOverwritten(string content)
    {
        await WriteAsync(content);
        foreach (var call in (Func<Task>[])[
            async () => await Store.FindAsync(Ref("a:1")),
            async () => await Store.SetAsync(Ref("a:1"), One),
            async () => await Store.RemoveAsync(Ref("a:1")),
            async () => await ListAsync(Store)])
        {
            var failure = await Assert.ThrowsAsync<StorageException>(call);
            Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
            Assert.Equal(_store.FilePath, failure.Path);
            Assert.Contains(_store.FilePath, failure.Message);
        }
        Assert.Equal(content, await ReadAsync());
    }

    [Fact]
    public async Task ForeignChange_IsSeen_EvenWithTheSameTimeAndLength()
    {
        await WriteAsync(Json(One));
        Assert.Equal(One, await Store.FindAsync(Ref("a:1")));
        var time = File.GetLastWriteTimeUtc(_store.FilePath);
        await WriteAsync(Json(Two));
        File.SetLastWriteTimeUtc(_store.FilePath, time);
        Assert.Equal(Two, await Store.FindAsync(Ref("a:1")));

        File.SetLastWriteTimeUtc(_store.FilePath, time.AddHours(-1));
        Assert.Equal(Two, await Store.FindAsync(Ref("a:1")));
        await WriteAsync(Json(One));
        Assert.Equal(One, await Store.FindAsync(Ref("a:1")));
        File.Delete(_store.FilePath);
        Assert.Null(await Store.FindAsync(Ref("a:1")));
    }

    [Fact]
    public async Task Set_WhileAnotherHoldsTheLock_FailsAfterTheTimeoutAndNamesIt()
    {
        string lockPath = _directory["lock"];
        var store = new FileReferenceStore(_store.FilePath, new FileReferenceStoreOptions { LockPath = lockPath, LockTimeout = TimeSpan.Zero });
        using (FileLock.TryAcquire(lockPath))
        {
            var failure = await Assert.ThrowsAsync<StorageException>(async () => await store.SetAsync(Ref("a:1"), One));
            Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
            Assert.Contains($"process {Environment.ProcessId}", failure.Message);
            Assert.Null(await store.FindAsync(Ref("a:1")));
        }
        await store.SetAsync(Ref("a:1"), One);
    }

    private static string Json(ImageId id) => """{"Repositories":{"a":{"a:1":"ONE"}}}""".Replace("ONE", id.ToString());

    // ONE, TWO and DIGEST stand for what they are.
    private static string T(string json) =>
        json.Replace("ONE", One.ToString()).Replace("TWO", Two.ToString()).Replace("DIGEST", DigestText);

    private Task<string> ReadAsync() => File.ReadAllTextAsync(_store.FilePath);

    private async Task WriteAsync(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_store.FilePath)!);
        await File.WriteAllTextAsync(_store.FilePath, content);
    }
}
