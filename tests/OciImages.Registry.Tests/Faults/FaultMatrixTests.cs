using System.Globalization;

namespace OciImages.Registry.Tests.Faults;

/// <summary>All kinds of requests times all faults; each cell says what comes of it, or why there is no such cell.</summary>
public class FaultMatrixTests
{
    private const string Right = "right", Absent = "absent";

    private static readonly string[] EmptyAnswers =
        ["delete manifest", "delete tag", "delete blob", "mount", "POST", "PATCH", "PUT", "status", "manifest PUT"];

    // What differs from the usual outcome of the fault, and why.
    private static readonly Dictionary<(string Kind, string Fault), string> Exceptions = new()
    {
        // A refused HEAD is asked again by GET, which this registry answers.
        [("resolve", "403")] = Right, [("resolve", "404")] = Right, [("resolve", "416")] = Right, [("resolve", "HTML")] = Right,
        [("exists", "403")] = Right, [("exists", "416")] = Right, [("exists", "404")] = Absent,
        // The digest in the head is another blob's.
        [("exists", "wrong digest")] = Absent,
        [("manifest", "wrong length")] = "Corrupt", [("manifest by digest", "wrong length")] = "Corrupt", [("referrers tag", "wrong length")] = "Corrupt",
        // The bytes that came are kept, and the rest is asked for until the attempts are used up.
        [("blob", "wrong length")] = "Unavailable", [("ranged blob", "wrong length")] = "Unavailable",
        // More than the descriptor says.
        [("blob", "endless")] = "Corrupt", [("ranged blob", "endless")] = "Corrupt",
        // Read from the start instead.
        [("ranged blob", "416")] = Right,
        // A registry without the API; it has no list under the tag either.
        [("referrers", "404")] = Absent, [("referrers", "HTML")] = Absent,
        [("referrers tag", "404")] = Absent,
        [("delete manifest", "404")] = Absent, [("delete tag", "404")] = Absent, [("delete blob", "404")] = Absent,
        // A push can do without these.
        [("push HEAD", "403")] = Right, [("push HEAD", "404")] = Right, [("push HEAD", "416")] = Right, [("push HEAD", "401")] = Right,
        [("push HEAD", "HTML")] = Right, [("push HEAD", "wrong digest")] = Right,
        [("status", "404")] = Right, [("status", "416")] = Right, [("status", "HTML")] = Right,
        // There is another way to send it.
        [("PATCH", "404")] = Right, [("PATCH", "416")] = Right,
        [("ping", "endless")] = Right,
    };

    public static TheoryData<string, string> Cells =>
    [
        .. MatrixKind.All.SelectMany(_ => MatrixFault.All, (kind, fault) => (kind, fault)).Where(cell => WhyNot(cell.kind, cell.fault) is null)
            .Select(cell => (cell.kind.Name, cell.fault.Name)),
    ];

    public static TheoryData<string> Kinds => [.. MatrixKind.All.Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Request_NoFault_BringsWhatIsThere(string kindName)
    {
        var kind = MatrixKind.All.Single(kind => kind.Name == kindName);
        var clock = new SkippingClock();
        await using var matrix = new MatrixServer(kind, null, clock);

        Assert.Null(await RunAsync(kind, null, matrix, clock));
        Assert.Contains(matrix.Server.Requests.ToArray(), request => kind.Is(request));
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Request_Fault_EndsSoonAndSaysWhatAndWhere(string kindName, string faultName)
    {
        var kind = MatrixKind.All.Single(kind => kind.Name == kindName);
        var fault = MatrixFault.All.Single(fault => fault.Name == faultName);
        var clock = new SkippingClock();
        await using var matrix = new MatrixServer(kind, fault, clock);

        object? result = await RunAsync(kind, fault, matrix, clock).WaitAsync(TimeSpan.FromMinutes(1));

        string expected = Expected(kind, fault);
        Assert.True(matrix.Faults > 0, "The fault never happened.");
        // A handler repeats what was lost on a connection that was used before, so that there may be two requests an attempt.
        Assert.InRange(matrix.Faults, 1, 12);
        Assert.InRange(matrix.Server.Requests.Count, 1, 60);
        Assert.InRange(clock.Waits.Sum(wait => wait.TotalSeconds), 0, 60);
        if (expected is Right or Absent)
        {
            Assert.Equal(expected == Right ? null : Absent, result);
            return;
        }
        var failure = Assert.IsType<RegistryException>(result);
        Assert.Equal(expected, failure.Kind.ToString());
        Assert.Equal(failure.Kind == OciErrorKind.Unavailable, failure.Message.Contains("tried 5 times", StringComparison.Ordinal));
        Assert.Contains(kind.IsAboutRegistry ? matrix.Server.Authority : $"{matrix.Server.Authority}/team/app", failure.Message, StringComparison.Ordinal);
        Assert.Contains(kind.IsPush ? MatrixServer.Pushed.Digest.ToString() : kind.Reference ?? "", failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Message.Length, 1, 1500);
        if (fault.Status == 0)
            return;
        Assert.Equal(fault.Status, (int?)failure.StatusCode);
        Assert.Contains(fault.Status.ToString(CultureInfo.InvariantCulture), failure.Message, StringComparison.Ordinal);
        if (kind.IsHead)
            return;
        Assert.Equal("SOME_CODE", failure.Errors[0].Code);
        Assert.Contains("SOME_CODE: some words xxx", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>What the call comes to: null when all is right, its failure, or that there was nothing.</summary>
    private static async Task<object?> RunAsync(MatrixKind kind, MatrixFault? fault, MatrixServer matrix, SkippingClock clock)
    {
        var credentials = new StaticCredentialSource(matrix.Server.Authority, new RegistryCredential { UserName = "ann", Password = "s3cret-pw" });
        var options = Registries.Options(clock, credentials);
        (options.MaxListPageSize, options.MaxManifestSize) = (64 * 1024, 64 * 1024);
        using var client = new RegistryClient(options);
        try
        {
            // Mid-way: with a token that was good before. One that was never good is not fetched again.
            if (fault?.Name == "401 mid-way")
                await kind.RunAsync(client.Repository(matrix.Server), client);
            matrix.Arm();
            return await kind.RunAsync(client.Repository(matrix.Server), client) ? null : Absent;
        }
        catch (RegistryException e)
        {
            return e;
        }
    }

    private static string Expected(MatrixKind kind, MatrixFault fault) =>
        Exceptions.TryGetValue((kind.Name, fault.Name), out string? exception) ? exception
        : fault.Name == "401 mid-way" || kind.Name == "mount" || (fault.Name == "endless" && EmptyAnswers.Contains(kind.Name)) ? Right
        : fault.Usual.ToString();

    private static string? WhyNot(MatrixKind kind, MatrixFault fault) => fault.Name switch
    {
        "401 mid-way" when kind.Name == "token" => "no token is needed to get one",
        "truncated" or "wrong length" or "endless" when kind.IsHead => "the answer to a HEAD has no body",
        "truncated" or "wrong length" when kind.Name == "ping" => "whatever the body is, it means nothing",
        "truncated" or "wrong length" when EmptyAnswers.Contains(kind.Name) => "a good answer is empty",
        "wrong digest" when kind.Name is "ping" or "token" or "tags" or "catalog" or "referrers" or "status" or "POST" or "PATCH"
            || kind.Name.StartsWith("delete", StringComparison.Ordinal) => "the answer names no digest that would mean something",
        "wrong digest" when kind.Name is "blob" or "ranged blob" => "the bytes are verified by whoever reads them, whatever the head says",
        "gigantic" when kind.Name is not ("resolve" or "manifest" or "manifest by digest" or "referrers tag") => "it is no manifest",
        _ => null,
    };
}
