using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests;

/// <summary>Every kind of request against every kind of fault.</summary>
public class FaultTableTests
{
    private static readonly Dictionary<string, Func<RequestKind, FaultRequest, FaultResponse>> Passing = new()
    {
        ["reset before the head"] = (_, _) => new() { EndAfter = -1, Ending = FaultEnding.Reset },
        ["closed before the head"] = (_, _) => new() { EndAfter = -1, Ending = FaultEnding.Close },
        ["stalled before the head"] = (_, _) => new() { EndAfter = -1, Ending = FaultEnding.Stall },
        ["408"] = (_, _) => new(408),
        ["425"] = (_, _) => new(425),
        ["429 in seconds"] = (_, _) => new FaultResponse(429).With("Retry-After", "7"),
        ["429 at a date"] = (_, _) => new FaultResponse(429).With("Date", "Tue, 24 Nov 2026 10:00:00 GMT").With("Retry-After", "Tue, 24 Nov 2026 10:00:07 GMT"),
        ["499"] = (_, _) => new(499),
        ["500"] = (_, _) => new(500),
        ["502 with a page"] = (_, _) => FaultResponse.Text("<html><title>Bad Gateway</title></html>", "text/html", 502),
        ["503"] = (_, _) => FaultResponse.Json("""{"errors":[{"code":"UNAVAILABLE","message":"later"}]}""", 503),
        ["503 whose body breaks off"] = (_, _) => FaultResponse.Text("0123456789", status: 503) with { EndAfter = 3, Ending = FaultEnding.Reset },
        ["503 whose body stalls"] = (_, _) => FaultResponse.Text("0123456789", status: 503) with { EndAfter = 3, Ending = FaultEnding.Stall },
        ["503 without end"] = (_, _) => new(503) { Body = new byte[5000], IsChunked = true, Ending = FaultEnding.Endless },
        ["504"] = (_, _) => new(504),
        ["520"] = (_, _) => new(520),
        ["524"] = (_, _) => new(524),
    };

    private static readonly Dictionary<string, Func<FaultResponse, FaultResponse>> PassingBodies = new()
    {
        ["reset within the body"] = good => good with { EndAfter = good.Body.Length / 2, Ending = FaultEnding.Reset },
        ["closed within the body"] = good => good with { EndAfter = good.Body.Length / 2, Ending = FaultEnding.Close },
        ["chunks without an end"] = good => good with { EndAfter = good.Body.Length / 2, IsChunked = true, Ending = FaultEnding.Close },
        ["stalled within the body"] = good => good with { EndAfter = good.Body.Length / 2, Ending = FaultEnding.Stall },
        ["stalled before the body"] = good => good with { EndAfter = 0, Ending = FaultEnding.Stall },
    };

    public static TheoryData<string, string> PassingRows => [.. RequestKind.Names.SelectMany(kind => Passing.Keys.Select(fault => (kind, fault)))];

    public static TheoryData<string, string> PassingBodyRows =>
        [.. RequestKind.Names.Where(kind => RequestKind.Get(kind).HasBody && kind != "ping").SelectMany(kind => PassingBodies.Keys.Select(fault => (kind, fault)))];

    public static TheoryData<string, int, OciErrorKind> LastingRows =>
    [
        .. RequestKind.Names.SelectMany(kind => ((int, OciErrorKind)[])
        [
            (400, OciErrorKind.InvalidInput), (401, OciErrorKind.Unauthorized), (403, OciErrorKind.Forbidden), (404, OciErrorKind.NotFound),
            (405, OciErrorKind.Unsupported), (409, OciErrorKind.Conflict), (416, OciErrorKind.InvalidInput), (451, OciErrorKind.InvalidInput),
            (501, OciErrorKind.Unsupported), (505, OciErrorKind.Unavailable),
        ], (kind, row) => (kind, row.Item1, row.Item2)).Where(row => !(row.Item1 is "resolve" or "exists" && row.Item2 is 404 or 416)),
    ];

    [Theory]
    [MemberData(nameof(PassingRows))]
    public async Task Request_FaultThatPasses_IsTriedAgain(string kindName, string fault)
    {
        var kind = RequestKind.Get(kindName);
        var clock = new SkippingClock();
        await using var server = kind.Serve((number, request) => number <= 2 ? Passing[fault](kind, request) : null, clock);
        using var client = new RegistryClient(Registries.Options(clock));

        await kind.RunAsync(client, server);

        // A handler tries a connection once more that was closed before any answer; and a lost connection makes the client ask for the
        // scheme again, which for a ping looks like the request itself.
        int expected = fault.StartsWith("closed", StringComparison.Ordinal) ? 0 : kindName == "ping" ? 1 : 2;
        Assert.InRange(clock.Waits.Count, expected, 2);
        var (least, most) = fault.StartsWith("429", StringComparison.Ordinal) ? (7.0, 7.5) : (0, 1);
        Assert.All(clock.Waits, wait => Assert.InRange(wait.TotalSeconds, least, most));
    }

    [Theory]
    [MemberData(nameof(PassingBodyRows))]
    public async Task Request_BodyThatBreaksOff_IsReadAgain(string kindName, string fault)
    {
        var kind = RequestKind.Get(kindName);
        var clock = new SkippingClock();
        await using var server = kind.Serve((number, request) => number == 1 ? PassingBodies[fault](kind.Good(request)) : null, clock);
        using var client = new RegistryClient(Registries.Options(clock));

        await kind.RunAsync(client, server);

        Assert.Single(clock.Waits);
    }

    [Theory]
    [MemberData(nameof(PassingRows))]
    public async Task Request_FaultThatStays_FailsAfterAllAttempts(string kindName, string fault)
    {
        var kind = RequestKind.Get(kindName);
        var clock = new SkippingClock();
        await using var server = kind.Serve((_, request) => Passing[fault](kind, request), clock);
        using var client = new RegistryClient(Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => kind.RunAsync(client, server));

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.True(failure.IsTransient);
        Assert.Contains(server.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Contains("tried 5 times", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, clock.Waits.Count);
    }

    [Theory]
    [MemberData(nameof(LastingRows))]
    public async Task Request_StatusThatTimeDoesNotHeal_FailsAtOnce(string kindName, int status, OciErrorKind expected)
    {
        var kind = RequestKind.Get(kindName);
        var clock = new SkippingClock();
        await using var server = kind.Serve((_, _) => FaultResponse.Json("""{"errors":[{"code":"SOME_CODE","message":"some\u001b words"}]}""", status), clock);
        using var client = new RegistryClient(Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => kind.RunAsync(client, server));

        Assert.Equal(expected, failure.Kind);
        Assert.Equal(status, (int?)failure.StatusCode);
        Assert.Contains($"{status}", failure.Message, StringComparison.Ordinal);
        // A refused HEAD has no words unless a GET brings them.
        if (kind.HasBody || status != 401)
            Assert.Contains("SOME_CODE: some words", failure.Message, StringComparison.Ordinal);
        Assert.Empty(clock.Waits);
    }

    [Fact]
    public async Task Request_AskedToWaitTooLong_FailsAtOnceAndTellsHowLong()
    {
        var clock = new SkippingClock();
        await using var server = RequestKind.Get("tags").Serve((_, _) => new FaultResponse(429).With("Retry-After", "21600"), clock);
        using var client = new RegistryClient(Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => RequestKind.Get("tags").RunAsync(client, server));

        Assert.Equal(TimeSpan.FromHours(6), failure.RetryAfter);
        Assert.True(failure.IsTransient);
        Assert.Contains("asks to wait 21600 s", failure.Message, StringComparison.Ordinal);
        Assert.Empty(clock.Waits);
    }

    [Fact]
    public async Task Request_NobodyListens_FailsAfterAllAttempts()
    {
        var clock = new SkippingClock();
        using var client = new RegistryClient(Registries.Options(clock));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync($"127.0.0.1:{ServerProcess.FreePort()}"));

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Contains("cannot be reached", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, clock.Waits.Count);
    }

    [Fact]
    public async Task Request_UnknownHost_FailsWithItsName()
    {
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync("no-such-host.invalid"));

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.Contains("the host no-such-host.invalid cannot be found", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("manifest")]
    [InlineData("blob")]
    [InlineData("tags")]
    public async Task Request_CancelledWhileStalled_EndsWithTheCallersToken(string kindName)
    {
        var kind = RequestKind.Get(kindName);
        var clock = new SkippingClock();
        using var cancellation = new CancellationTokenSource();
        await using var server = kind.Serve((_, _) => new() { EndAfter = -1, Ending = FaultEnding.Stall }, clock);
        server.Stalling = () =>
        {
            cancellation.Cancel();
            return true;
        };
        using var client = new RegistryClient(Registries.Options(clock));
        var repository = client.Repository(server);

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => kindName switch
        {
            "ping" => client.PingAsync(server.Authority, cancellation.Token),
            "manifest" => repository.Manifests.GetAsync("v1", cancellation.Token),
            "blob" => repository.Blobs.OpenReadAsync(Registries.Blob(RequestKind.Content), 0, cancellation.Token),
            _ => repository.ListTagsAsync(cancellation.Token).ToListAsync().AsTask(),
        });

        Assert.Equal(cancellation.Token, failure.CancellationToken);
        Assert.Empty(clock.Waits);
    }
}
