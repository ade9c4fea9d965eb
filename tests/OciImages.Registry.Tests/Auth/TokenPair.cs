using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Auth;

/// <summary>A registry that wants tokens, and the service that gives out <c>t1</c>, <c>t2</c> and so on.</summary>
internal sealed class TokenPair : IAsyncDisposable
{
    private int _issued;

    public TokenPair()
    {
        Tokens = FaultServer.StartAsync(async request =>
        {
            await Gate;
            return TokenAnswer?.Invoke(request) ?? FaultResponse.Json($$"""{"token":"t{{Interlocked.Increment(ref _issued)}}","expires_in":300}""");
        });
        Registry = FaultServer.Start(AnswerRegistry);
    }

    public SkippingClock Clock { get; } = new();

    public FaultServer Registry { get; }

    public FaultServer Tokens { get; }

    /// <summary>The token that the registry accepts; null for any.</summary>
    public string? Accepted { get; set; }

    /// <summary>Whether only the root tells the challenge.</summary>
    public bool HidesChallenge { get; init; }

    public Task Gate { get; init; } = Task.CompletedTask;

    public Func<FaultRequest, FaultResponse>? TokenAnswer { get; init; }

    public Func<FaultRequest, FaultResponse> Answer { get; set; } = _ => RequestKind.GoodManifest();

    public RegistryClient Client(RegistryCredential? credential, CapturingLogger? log = null) => new(
        Registries.Options(Clock, credential is null ? null : new StaticCredentialSource(Registry.Authority, credential)), log);

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await Tokens.DisposeAsync();
    }

    private FaultResponse AnswerRegistry(FaultRequest request)
    {
        string? token = request.Authorization;
        if (request.Path == "/v2/" && token is null)
            return Refusal(isTold: true);
        return token is null || (Accepted is not null && token != $"Bearer {Accepted}") ? Refusal(!HidesChallenge) : Answer(request);
    }

    private FaultResponse Refusal(bool isTold) => isTold
        ? new FaultResponse(401).With("WWW-Authenticate", $"Bearer realm=\"{Tokens.Url}/token\",service=\"svc\",scope=\"repository:team/app:pull\"")
        : new FaultResponse(401);
}
