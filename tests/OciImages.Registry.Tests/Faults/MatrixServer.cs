using OciImages.Manifests;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Faults;

/// <summary>A good registry that wants tokens, with one fault. As Quay does, it calls empty answers <c>text/html</c>.</summary>
internal sealed class MatrixServer : IAsyncDisposable
{
    public static readonly byte[] Content = Registries.Bytes(4000);
    public static readonly Descriptor Blob = Registries.Blob(Content);
    public static readonly byte[] PushedContent = Registries.Bytes(1_200_000, seed: 2);
    public static readonly Descriptor Pushed = Registries.Blob(PushedContent);
    public static readonly ManifestContent Manifest = ImageManifest.Create(Registries.Blob("{}"u8.ToArray(), MediaTypes.OciConfig), [Blob]).Content;
    public static readonly string ReferrerTag = Manifest.Descriptor.Digest.ToString().Replace(':', '-');

    private static readonly ManifestContent Referrers = ImageIndex.Create([Registries.Blob("r"u8.ToArray(), MediaTypes.OciManifest)]).Content;

    private readonly MatrixKind _kind;
    private readonly MatrixFault? _fault;
    private int _tokens, _asked, _bodies;
    private long _received;
    private volatile bool _isStored, _isWrong;

    public MatrixServer(MatrixKind kind, MatrixFault? fault, SkippingClock clock)
    {
        (_kind, _fault) = (kind, fault);
        Server = FaultServer.Start(Answer);
        Server.Stalling = clock.ExpireIdle;
        if (kind.Name == "status")
            Server.CutBody = (_, _) => Interlocked.Increment(ref _bodies) == 1 ? 300_000 : null;
    }

    public FaultServer Server { get; }

    /// <summary>Begins to answer wrongly, as if nothing had happened before.</summary>
    public void Arm() => (_isStored, _isWrong, _bodies) = (false, true, 0);

    /// <summary>How many requests of the kind were answered with the fault.</summary>
    public int Faults => _asked;

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private FaultResponse Answer(FaultRequest request)
    {
        if (request.Path != "/token" && request.Authorization is null)
            return Challenge();
        if (!_isWrong || _fault is null || !_kind.Is(request))
            return Good(request);
        int number = Interlocked.Increment(ref _asked);
        if (_fault.Name == "401 mid-way")
            return number == 1 ? Challenge() : Good(request);
        // Good answers change the registry: only those faults may do so that come after the work was done.
        return _fault.Status > 0 || _fault.Name is "HTML" or "reset" or "stalled" ? _fault.Spoil(new FaultResponse()) : _fault.Spoil(Good(request));
    }

    private FaultResponse Challenge() => FaultResponse.Json("""{"errors":[{"code":"UNAUTHORIZED","message":"a token, please"}]}""", 401)
        .With("WWW-Authenticate", $"Bearer realm=\"{Server.Url}/token\",service=\"svc\"");

    private FaultResponse Good(FaultRequest request) => (request.Method, request.Path.Split('/')) switch
    {
        (_, [_, "token"]) => FaultResponse.Json($$"""{"token":"t{{Interlocked.Increment(ref _tokens)}}","expires_in":300}"""),
        (_, [_, "v2", ""]) => FaultResponse.Json("{}"),
        (_, [_, "v2", "_catalog"]) => FaultResponse.Json("""{"repositories":["team/app"]}"""),
        (_, [.., "tags", "list"]) => FaultResponse.Json("""{"name":"team/app","tags":["a","b"]}"""),
        (_, [.., "referrers", _]) => _kind.KnowsNoReferrers ? new FaultResponse(404) : Bytes(Referrers),
        ("PUT", [.., "manifests", _]) => Empty(201).With("Docker-Content-Digest", Manifest.Descriptor.Digest.ToString()),
        ("DELETE", _) => Empty(202),
        (_, [.., "manifests", var name]) when name == ReferrerTag => _kind.KnowsNoReferrers ? Bytes(Referrers) : new FaultResponse(404),
        (_, [.., "manifests", _]) => Bytes(Manifest),
        ("POST", _) => Open(request),
        ("PATCH", _) => Append(request, 202),
        ("PUT", _) => Commit(request),
        ("GET", [.., "uploads", _]) => Session(204),
        (_, [.., "blobs", var digest]) when digest == Blob.Digest.ToString() =>
            FaultResponse.Blob(request, Content).With("Docker-Content-Digest", digest),
        _ => _isStored ? FaultResponse.Blob(request, PushedContent).With("Docker-Content-Digest", Pushed.Digest.ToString()) : new FaultResponse(404),
    };

    private FaultResponse Open(FaultRequest request)
    {
        if (request.Target.Contains("mount=", StringComparison.Ordinal) && _kind.Name == "mount" && _fault?.Name == "wrong digest")
            return Empty(201);
        Interlocked.Exchange(ref _received, 0);
        return Session(202);
    }

    private FaultResponse Append(FaultRequest request, int status)
    {
        Interlocked.Add(ref _received, request.Body.Length);
        return Session(status);
    }

    private FaultResponse Commit(FaultRequest request)
    {
        _isStored = Interlocked.Add(ref _received, request.Body.Length) == PushedContent.Length && _fault?.Name != "wrong digest";
        return Empty(201).With("Docker-Content-Digest", Pushed.Digest.ToString());
    }

    private FaultResponse Session(int status) => Empty(status)
        .With("Location", "/v2/team/app/blobs/uploads/1?s=1").With("Range", $"0-{Math.Max(0, Interlocked.Read(ref _received) - 1)}");

    private static FaultResponse Empty(int status) => new FaultResponse(status).With("Content-Type", "text/html; charset=utf-8");

    private static FaultResponse Bytes(ManifestContent manifest) => new()
    {
        Body = manifest.Bytes,
        Headers = [("Content-Type", manifest.Descriptor.MediaType), ("Docker-Content-Digest", manifest.Descriptor.Digest.ToString())],
    };
}
