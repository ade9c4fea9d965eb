using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Faults;

/// <summary>One way for an answer to be wrong.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">The status that it answers; 0 for another fault than a refusal.</param>
/// <param name="Spoil">Makes the wrong answer of the right one.</param>
/// <param name="Usual">What it leads to, where nothing else is known.</param>
internal sealed record MatrixFault(string Name, int Status, Func<FaultResponse, FaultResponse> Spoil, OciErrorKind Usual)
{
    private static readonly string Words = "some\\u001b words " + new string('x', 30_000);

    public static IReadOnlyList<MatrixFault> All { get; } =
    [
        new("reset", 0, _ => new() { EndAfter = -1, Ending = FaultEnding.Reset }, OciErrorKind.Unavailable),
        new("truncated", 0, good => good with { EndAfter = good.Body.Length / 2, Ending = FaultEnding.Close }, OciErrorKind.Unavailable),
        new("stalled", 0, _ => new() { EndAfter = -1, Ending = FaultEnding.Stall }, OciErrorKind.Unavailable),
        new("401 mid-way", 0, good => good, OciErrorKind.Unauthorized),
        Refusal(401, OciErrorKind.Unauthorized),
        Refusal(403, OciErrorKind.Forbidden),
        Refusal(404, OciErrorKind.NotFound),
        Refusal(408, OciErrorKind.Unavailable),
        Refusal(416, OciErrorKind.InvalidInput),
        Refusal(429, OciErrorKind.Unavailable),
        Refusal(500, OciErrorKind.Unavailable),
        Refusal(502, OciErrorKind.Unavailable),
        Refusal(503, OciErrorKind.Unavailable),
        Refusal(504, OciErrorKind.Unavailable),
        new("wrong digest", 0, good => good with
        {
            Headers = [.. good.Headers.Where(header => header.Name != "Docker-Content-Digest"), ("Docker-Content-Digest", Digest.Compute("other"u8).ToString())],
        }, OciErrorKind.Corrupt),
        new("wrong length", 0, good => good with { ClaimedLength = good.Body.Length - 1, Body = good.Body[..^1] }, OciErrorKind.InvalidInput),
        new("HTML", 0, _ => FaultResponse.Text("<html><title>Log in</title></html>", "text/html; charset=utf-8"), OciErrorKind.InvalidInput),
        new("endless", 0, good => good with { Body = new byte[5000], IsChunked = true, Ending = FaultEnding.Endless }, OciErrorKind.InvalidInput),
        new("gigantic", 0, good => good with { ClaimedLength = 5L << 30 }, OciErrorKind.InvalidInput),
    ];

    private static MatrixFault Refusal(int status, OciErrorKind usual) => new(
        $"{status}", status, _ => FaultResponse.Json($$"""{"errors":[{"code":"SOME_CODE","message":"{{Words}}"}]}""", status), usual);
}
