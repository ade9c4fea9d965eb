using OciImages.Registry.Uploads;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Uploads;

/// <summary>Every kind of request of a push against every kind of fault.</summary>
public class PushFaultTests
{
    private static readonly Dictionary<string, FaultResponse> Passing = new()
    {
        ["reset"] = new() { EndAfter = -1, Ending = FaultEnding.Reset },
        ["closed"] = new() { EndAfter = -1, Ending = FaultEnding.Close },
        ["stalled"] = new() { EndAfter = -1, Ending = FaultEnding.Stall },
        ["408"] = new(408),
        ["429"] = new FaultResponse(429).With("Retry-After", "3"),
        ["500"] = new(500),
        ["502 with a page"] = FaultResponse.Text("<html><title>Bad Gateway</title></html>", "text/html", 502),
        ["503"] = FaultResponse.Json("""{"errors":[{"code":"UNAVAILABLE","message":"later"}]}""", 503),
        ["503 truncated"] = FaultResponse.Text("0123456789", status: 503) with { EndAfter = 3, Ending = FaultEnding.Reset },
        ["504"] = new(504),
    };

    // What the push may do without.
    private static readonly string[] Optional = ["HEAD", "mount", "status"];

    public static TheoryData<string, string> PassingRows => [.. PushStep.All.SelectMany(step => Passing.Keys.Select(fault => (step.Name, fault)))];

    public static TheoryData<string, int> LastingRows =>
        [.. PushStep.All.SelectMany(step => ((int[])[400, 401, 403, 404, 405, 409, 413, 416, 501]).Select(status => (step.Name, status)))];

    public static TheoryData<string> Steps => [.. PushStep.All.Select(step => step.Name)];

    [Theory]
    [MemberData(nameof(PassingRows))]
    public Task Push_FaultThatPasses_IsTriedAgain(string step, string fault)
    {
        var clock = new SkippingClock();
        return PushStep.Get(step).RunAsync(number => number <= 2 ? Passing[fault] : null, clock, (registry, failure) =>
        {
            Assert.Null(failure);
            Assert.InRange(clock.Waits.Count, fault == "closed" ? 0 : 2, 4);
            Assert.Equal(0, registry.OpenUploads);
        });
    }

    [Theory]
    [MemberData(nameof(PassingRows))]
    public Task Push_FaultThatStays_FailsAfterAllAttempts(string step, string fault)
    {
        var clock = new SkippingClock();
        return PushStep.Get(step).RunAsync(_ => Passing[fault], clock, (registry, failure) =>
        {
            if (step == "mount")
            {
                Assert.Null(failure);
                return;
            }
            var refused = Assert.IsType<RegistryException>(failure);
            Assert.Equal(OciErrorKind.Unavailable, refused.Kind);
            Assert.Contains($"{registry.Server.Authority}/{Registries.Path}", refused.Message, StringComparison.Ordinal);
            Assert.Contains(step == "manifest" ? "manifest v1" : Digest.Compute(PushStep.Content).ToString(), refused.Message, StringComparison.Ordinal);
            Assert.Contains("tried 5 times", refused.Message, StringComparison.Ordinal);
            Assert.InRange(clock.Waits.Count, 4, 5);
        });
    }

    [Theory]
    [MemberData(nameof(LastingRows))]
    public Task Push_StatusThatTimeDoesNotHeal_FailsSoonWithTheRegistrysWords(string step, int status)
    {
        var clock = new SkippingClock();
        var refusal = FaultResponse.Json("""{"errors":[{"code":"SOME_CODE","message":"some\u001b words"}]}""", status);
        return PushStep.Get(step).RunAsync(_ => refusal, clock, (registry, failure) =>
        {
            Assert.InRange(clock.Waits.Count, 0, 1);
            // Without PATCH there is the other way; without leave there is none.
            if ((Optional.Contains(step) && !(step == "status" && status is 401 or 403)) || (step == "PATCH" && status is not (401 or 403 or 409)))
            {
                Assert.Null(failure);
                Assert.Equal(0, registry.OpenUploads);
                return;
            }
            var refused = Assert.IsType<RegistryException>(failure);
            Assert.Equal(status, (int?)refused.StatusCode);
            Assert.Contains("SOME_CODE: some words", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"{registry.Server.Authority}/{Registries.Path}", refused.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Push_RegistryThatMovesThePlaceByAByteEachTime_FailsSoon()
    {
        int got = 0;
        await using var server = Registries.Serve(request => request.Method switch
        {
            "HEAD" => new FaultResponse(404),
            "POST" => new FaultResponse(202).With("Location", "/v2/team/app/blobs/uploads/1"),
            "GET" when request.Path.Contains("uploads", StringComparison.Ordinal) =>
                new FaultResponse(204).With("Location", "/v2/team/app/blobs/uploads/1").With("Range", $"0-{++got}"),
            "PATCH" => new FaultResponse(416),
            _ => new FaultResponse(202),
        });
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));
        byte[] content = Registries.Bytes(100_000);
        var options = new BlobPushOptions { Mode = UploadMode.Chunked, ChunkSize = 1000 };

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.Repository(server).Blobs.PushAsync(Registries.Blob(content), Content.Of(content), options));

        Assert.Equal(416, (int?)failure.StatusCode);
        Assert.InRange(server.Requests.Count, 10, 60);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public Task Push_WebPage_IsNoAnswer(string step)
    {
        var page = FaultResponse.Text("<html><title>Log in</title></html>", "text/html");
        return PushStep.Get(step).RunAsync(_ => page, new SkippingClock(), (_, failure) =>
        {
            if (Optional.Contains(step))
                Assert.Null(failure);
            else
                Assert.Contains("web page", Assert.IsType<RegistryException>(failure).Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public Task Push_WrongDigest_IsNotBelieved(string step)
    {
        var wrong = new FaultResponse(201).With("Docker-Content-Digest", Digest.Compute("other"u8).ToString());
        return PushStep.Get(step).RunAsync(number => step is "HEAD" or "PUT" or "manifest" ? wrong : null, new SkippingClock(), (_, failure) =>
        {
            if (step is "PUT" or "manifest")
                Assert.Equal(OciErrorKind.Corrupt, failure?.Kind);
            else
                Assert.Null(failure);
        });
    }

    [Fact]
    public async Task Push_AnswerOfTheLastRequestLost_SeesThatItIsThere()
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        var digest = Digest.Compute(PushStep.Content);
        registry.Fault = request =>
        {
            if (request.Method != "PUT")
                return null;
            registry.Blobs[$"{Registries.Path}@{digest}"] = PushStep.Content;
            return new FaultResponse { EndAfter = -1, Ending = FaultEnding.Reset };
        };
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        var pushed = await client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(PushStep.Content), Content.Of(PushStep.Content));

        Assert.Equal(BlobPushOutcome.Uploaded, pushed.Outcome);
        Assert.Single(registry.Methods, "PUT");
    }

    [Theory]
    [InlineData("http://10.0.0.1/upload?x=1", "is refused")]
    [InlineData("ftp://127.0.0.1/upload", "is refused")]
    [InlineData("http://user@127.0.0.1/upload", "is refused")]
    [InlineData("", "names no place")]
    public async Task Push_PlaceThatMustNotBeUsed_GetsNoByte(string location, string expected)
    {
        // A public registry by name; the handler stands for it.
        var handler = new ScriptedHandler(request => request.Method == HttpMethod.Post
            ? Opened(location)
            : new HttpResponseMessage(request.Method == HttpMethod.Head ? System.Net.HttpStatusCode.NotFound : System.Net.HttpStatusCode.OK));
        using var client = new RegistryClient(handler, Registries.Options(new SkippingClock()));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name("registry.example")).Blobs.PushAsync(Registries.Blob(PushStep.Content), Content.Never));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.All(handler.Requests, url => Assert.Equal("registry.example", url.Host));
    }

    [Fact]
    public async Task Push_ProxyEndsTls_PlaceIsTheRegistryItself()
    {
        // A registry that does not know of the TLS before it names itself with plain HTTP.
        var handler = new ScriptedHandler(request => request.Method == HttpMethod.Post
            ? Opened("http://registry.example/v2/team/app/blobs/uploads/1?_state=a%2Fb")
            : new HttpResponseMessage(request.Method == HttpMethod.Head ? System.Net.HttpStatusCode.NotFound : System.Net.HttpStatusCode.Created));
        using var client = new RegistryClient(handler, Registries.Options(new SkippingClock()));

        await client.GetRepository(Registries.Name("registry.example")).Blobs.PushAsync(
            Registries.Blob(PushStep.Content), Content.Of(PushStep.Content), new BlobPushOptions { Mode = UploadMode.Monolithic });

        Assert.Equal($"https://registry.example/v2/team/app/blobs/uploads/1?_state=a%2Fb&digest=sha256%3A{Digest.Compute(PushStep.Content).Hex}", handler.Requests.Last().AbsoluteUri);
        Assert.All(handler.Requests, url => Assert.Equal("https://registry.example:443", $"{url.Scheme}://{url.Host}:{url.Port}"));
    }

    [Theory]
    [InlineData("http://registry.example:8080/v2/team/app/blobs/uploads/1")]
    [InlineData("http://storage.example/v2/team/app/blobs/uploads/1")]
    public async Task Push_PlaceLeadsToPlainHttp_GetsNoByte(string location)
    {
        var handler = new ScriptedHandler(request => request.Method == HttpMethod.Post
            ? Opened(location)
            : new HttpResponseMessage(System.Net.HttpStatusCode.NotFound));
        using var client = new RegistryClient(handler, Registries.Options(new SkippingClock()));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name("registry.example")).Blobs.PushAsync(Registries.Blob(PushStep.Content), Content.Never));

        Assert.Contains("from https to http", failure.Message, StringComparison.Ordinal);
        Assert.All(handler.Requests, url => Assert.Equal("https", url.Scheme));
    }

    [Theory]
    [InlineData(401, OciErrorKind.Unauthorized)]
    [InlineData(403, OciErrorKind.Forbidden)]
    [InlineData(409, OciErrorKind.Conflict)]
    public async Task Push_RefusedByTheHeadOfTheUpload_SendsNoByteOfTheBlob(int status, OciErrorKind expected)
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        registry.Server.AnswerEarly = _ => FaultResponse.Json("""{"errors":[{"code":"SOME_CODE","message":"not you"}]}""", status);
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(PushStep.Content), Content.Of(PushStep.Content)));

        Assert.Equal(expected, failure.Kind);
        Assert.Contains("not you", failure.Message, StringComparison.Ordinal);
        Assert.Contains(registry.Server.Requests, request => request.EarlyAnswer is not null);
        Assert.Equal(0, registry.Server.UnwantedBytes);
        Assert.Equal(0, registry.OpenUploads);
    }

    [Fact]
    public async Task Push_ContentCannotBeOpened_FailsWithThatAndTellsTheRegistry()
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        using var client = new RegistryClient();
        var cause = new IOException("the disk is gone");

        var failure = await Assert.ThrowsAsync<IOException>(
            () => client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(PushStep.Content), _ => throw cause));

        Assert.Same(cause, failure);
        Assert.Equal(0, registry.OpenUploads);
        Assert.Single(registry.Methods, "POST");
    }

    [Fact]
    public async Task Push_Cancelled_TellsTheRegistry()
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        using var cancellation = new CancellationTokenSource();
        using var client = new RegistryClient();
        var options = new BlobPushOptions { Progress = new CancellingProgress(cancellation) };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.Repository(registry.Server).Blobs.PushAsync(Registries.Blob(PushStep.Content), Content.Of(PushStep.Content), options, cancellation.Token));

        Assert.Equal(0, registry.OpenUploads);
        Assert.Empty(registry.Blobs);
    }

    private static HttpResponseMessage Opened(string location)
    {
        var response = new HttpResponseMessage(System.Net.HttpStatusCode.Accepted);
        if (location.Length > 0)
            response.Headers.TryAddWithoutValidation("Location", location);
        return response;
    }

    private sealed class CancellingProgress(CancellationTokenSource cancellation) : IProgress<long>
    {
        public void Report(long value) => cancellation.Cancel();
    }
}
