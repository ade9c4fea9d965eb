using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OciImages.TestSupport.Servers;

/// <summary>A token service as registries delegate to: issues RS256 tokens that <see cref="DockerRegistry"/> accepts, by GET and by POST.</summary>
public sealed class TokenServer : IAsyncDisposable
{
    public const string Service = "test-registry";
    public const string Issuer = "test-issuer";

    private readonly X509Certificate2 _certificate = TestCertificate.Create();
    private readonly FaultServer _server;
    private readonly Func<Task> _beforeAnswer;

    private TokenServer(Func<Task> beforeAnswer)
    {
        _beforeAnswer = beforeAnswer;
        _server = FaultServer.StartAsync(AnswerAsync);
    }

    /// <summary>Who may have tokens, with the password.</summary>
    public Dictionary<string, string> Users { get; } = [];

    /// <summary>The refresh tokens that are taken.</summary>
    public HashSet<string> RefreshTokens { get; } = [];

    /// <summary>Whether those without credentials may pull.</summary>
    public bool AllowsAnonymousPull { get; set; }

    /// <summary>How long the tokens are good.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    public string Realm => $"{_server.Url}/token";

    public string CertificatePem => _certificate.ExportCertificatePem();

    public IReadOnlyCollection<FaultRequest> Requests => _server.Requests;

    /// <summary>Starts a token service.</summary>
    /// <param name="beforeAnswer">Awaited before each answer; null for nothing.</param>
    public static TokenServer Start(Func<Task>? beforeAnswer = null) => new(beforeAnswer ?? (() => Task.CompletedTask));

    /// <summary>Makes a token.</summary>
    /// <param name="scopes">The scopes, such as <c>repository:a/b:pull</c>.</param>
    public string Issue(params IEnumerable<string> scopes)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var access = new JsonArray([.. scopes.Select(scope => scope.Split(':')).Select(parts => (JsonNode)new JsonObject
        {
            ["type"] = parts[0],
            ["name"] = string.Join(':', parts[1..^1]),
            ["actions"] = new JsonArray([.. parts[^1].Split(',').Select(action => (JsonNode)action)]),
        })]);
        var header = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["x5c"] = new JsonArray(Convert.ToBase64String(_certificate.RawData)) };
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = "",
            ["aud"] = Service,
            ["exp"] = now + (long)Lifetime.TotalSeconds,
            ["nbf"] = now - 10,
            ["iat"] = now,
            ["jti"] = Guid.NewGuid().ToString("N"),
            ["access"] = access,
        };
        string body = $"{Encode(header)}.{Encode(claims)}";
        using var key = _certificate.GetRSAPrivateKey()!;
        return $"{body}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    private async Task<FaultResponse> AnswerAsync(FaultRequest request)
    {
        await _beforeAnswer();
        bool isKnown = request.Method == "POST" ? IsKnown(request.Form) : IsKnown(request.Authorization);
        if (!isKnown)
            return FaultResponse.Json("""{"details":"incorrect username or password"}""", 401);
        var scopes = request.Method == "POST" ? request.Form["scope"].SelectMany(scope => scope.Split(' ')) : request.Query["scope"];
        return FaultResponse.Json($$"""{"token":"{{Issue(scopes)}}","expires_in":{{(int)Lifetime.TotalSeconds}}}""");
    }

    private bool IsKnown(ILookup<string, string> form) => form["grant_type"].Single() switch
    {
        "refresh_token" => RefreshTokens.Contains(form["refresh_token"].Single()),
        "password" => Users.GetValueOrDefault(form["username"].Single()) == form["password"].Single(),
        _ => false,
    };

    private bool IsKnown(string? authorization)
    {
        if (authorization is null)
            return AllowsAnonymousPull;
        string[] pair = Encoding.UTF8.GetString(Convert.FromBase64String(authorization["Basic ".Length..])).Split(':', 2);
        return Users.GetValueOrDefault(pair[0]) == pair[1];
    }
}
