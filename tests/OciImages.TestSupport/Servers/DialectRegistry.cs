using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OciImages.TestSupport.Servers;

/// <summary>
/// A registry in memory that takes blobs as one <see cref="Dialect"/> has it. Whatever a client may not do in any dialect is written down in
/// <see cref="Violations"/>; what this dialect refuses is refused, as the real registry does.
/// </summary>
public sealed partial class DialectRegistry : IAsyncDisposable
{
    // Reserved characters, an encoded one and a second field: all must come back as they are.
    private const string Signature = "sig=a%2Bb%2F%3D&x=1";

    private readonly Dialect _dialect;
    private readonly FaultServer _storage;
    private readonly ConcurrentDictionary<string, DialectUpload> _uploads = new();
    private int _count;

    private DialectRegistry(Dialect dialect)
    {
        _dialect = dialect;
        Server = FaultServer.Start(Answer);
        _storage = FaultServer.Start(request => request.Authorization is null ? Answer(request) : Violate($"{request.Method} elsewhere has credentials"));
    }

    /// <summary>The registry's host.</summary>
    public FaultServer Server { get; }

    /// <summary>Where uploads go: the registry itself, or elsewhere.</summary>
    public FaultServer UploadServer => _dialect.UploadsElsewhere ? _storage : Server;

    /// <summary>The blobs, by <c>REPOSITORY@DIGEST</c>.</summary>
    public ConcurrentDictionary<string, byte[]> Blobs { get; } = new();

    /// <summary>What a client must not do.</summary>
    public ConcurrentQueue<string> Violations { get; } = new();

    /// <summary>How many uploads were neither ended nor given up.</summary>
    public int OpenUploads => _uploads.Count;

    /// <summary>Answers in place of the registry where it is not null.</summary>
    public Func<FaultRequest, FaultResponse?>? Fault { get; set; }

    /// <summary>All requests about blobs, as <c>METHOD</c>.</summary>
    public IEnumerable<string> Methods => Server.Requests.Concat(_storage.Requests).Where(request => request.Path != "/v2/").Select(request => request.Method);

    public static DialectRegistry Start(Dialect dialect) => new(dialect);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _storage.DisposeAsync();
    }

    private FaultResponse Answer(FaultRequest request)
    {
        if (request.Path == "/v2/")
            return FaultResponse.Json("{}");
        if (Fault?.Invoke(request) is { } fault)
            return fault;
        if (_dialect.MaxBody is { } most && request.Body.Length > most)
            return FaultResponse.Text("<html><title>413 Request Entity Too Large</title></html>", "text/html", 413);
        if (UploadPath().Match(request.Path) is { Success: true } upload)
            return AnswerUpload(request, upload.Groups[1].Value, upload.Groups[2].Value);
        if (BlobPath().Match(request.Path) is { Success: true } blob)
            return AnswerBlob(request, $"{blob.Groups[1].Value}@{blob.Groups[2].Value}");
        return Error(404, "UNSUPPORTED", request.Path);
    }

    private FaultResponse AnswerBlob(FaultRequest request, string key)
    {
        if (request.Method == "HEAD" && _dialect.KnowsNoHead)
            return new FaultResponse(405);
        return Blobs.TryGetValue(key, out byte[]? content) ? FaultResponse.Blob(request, content) : Error(404, "BLOB_UNKNOWN", key);
    }

    private FaultResponse AnswerUpload(FaultRequest request, string repository, string id)
    {
        if (_dialect.Project is { } project && !repository.StartsWith(project + "/", StringComparison.Ordinal))
            return Error(401, "UNAUTHORIZED", $"project {repository.Split('/')[0]} not found");
        if (id.Length == 0)
            return request.Method == "POST" ? Open(request, repository) : Violate($"{request.Method} on the uploads");
        if (!_uploads.TryGetValue(id, out var upload))
            return Error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        lock (upload.Lock)
        {
            string place = $"state={upload.State}&{Signature}";
            if (!request.Target.Contains($"?{place}", StringComparison.Ordinal))
                return Violate($"{request.Method} {request.Target} is not at the newest place, {place}");
            return request.Method switch
            {
                "PATCH" => Patch(request, repository, id, upload),
                "PUT" => Put(request, repository, id, upload),
                "GET" => Told(new FaultResponse(_dialect.StatusStatus), repository, id, upload, 0, upload.Content.Length),
                "DELETE" => Remove(id),
                _ => Violate($"{request.Method} on an upload"),
            };
        }
    }

    private FaultResponse Open(FaultRequest request, string repository)
    {
        string? mount = request.Query["mount"].SingleOrDefault();
        string? from = request.Query["from"].SingleOrDefault();
        if (mount is not null && from is null && _dialect.MountNeedsFrom)
            return Violate("a mount without from");
        if (mount is not null && _dialect.KnowsMounts && Blobs.TryGetValue($"{from}@{mount}", out byte[]? content))
        {
            Blobs[$"{repository}@{mount}"] = content;
            return new FaultResponse(201).With("Location", $"/v2/{repository}/blobs/{mount}").With("Docker-Content-Digest", mount);
        }
        string id = $"u{Interlocked.Increment(ref _count)}";
        var upload = _uploads[id] = new DialectUpload();
        var response = Told(new FaultResponse(202), repository, id, upload, 0, 0);
        return _dialect.TellsMinChunk ? response.With("OCI-Chunk-Min-Length", $"{_dialect.MinChunk}") : response;
    }

    private FaultResponse Patch(FaultRequest request, string repository, string id, DialectUpload upload)
    {
        long start = upload.Content.Length;
        if (request.Headers.TryGetValue("Content-Range", out string? text))
        {
            if (!PartRange().IsMatch(text))
                return Violate($"the Content-Range {text}");
            long[] range = [.. text.Split('-').Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
            if (!request.IsCut && range[1] - range[0] + 1 != request.Body.Length)
                return Violate($"the Content-Range {text} for {request.Body.Length} bytes");
            if (range[0] != start)
                return Error(416, "RANGE_INVALID", $"{text} at {start}");
        }
        else if (start > 0)
        {
            return Violate("a further part without Content-Range");
        }
        if (upload.HadShortPatch)
            return Error(400, "BLOB_UPLOAD_INVALID", "a part was too small");
        if (_dialect.HasOnePatch && upload.Patches > 0)
            return Error(400, "UNSUPPORTED", "no chunks here");
        if (request.Body.Length > _dialect.MaxChunk)
            return Error(416, "RANGE_INVALID", "the part is too large");
        if (request.IsCut && !_dialect.KeepsCutParts)
            return new FaultResponse(499);
        upload.Content.Write(request.Body);
        upload.HadShortPatch = !request.IsCut && request.Body.Length < _dialect.MinChunk;
        upload.FirstEnd = upload.Patches++ == 0 ? upload.Content.Length : upload.FirstEnd;
        // A client that got no answer knows the old place only.
        upload.State += request.IsCut ? 0 : 1;
        return Told(new FaultResponse(_dialect.PatchStatus), repository, id, upload, start, upload.Content.Length);
    }

    private FaultResponse Put(FaultRequest request, string repository, string id, DialectUpload upload)
    {
        if (request.IsCut)
            return new FaultResponse(499);
        if (_dialect.NeedsPatch && request.Body.Length > 0)
            return Error(400, "BLOB_UPLOAD_INVALID", "a PATCH comes first");
        if (request.Query["digest"].SingleOrDefault() is not { } text || !Digest.TryParse(text, out var digest))
            return Violate("a PUT without digest");
        upload.Content.Write(request.Body);
        byte[] content = upload.Content.ToArray();
        _uploads.TryRemove(id, out _);
        if (Digest.Compute(content, digest.Algorithm) != digest)
            return Error(400, "DIGEST_INVALID", $"{content.Length} bytes have another digest");
        Blobs[$"{repository}@{digest}"] = content;
        return new FaultResponse(_dialect.PutStatus).With("Location", $"/v2/{repository}/blobs/{digest}").With("Docker-Content-Digest", text);
    }

    private FaultResponse Remove(string id)
    {
        _uploads.TryRemove(id, out _);
        return new FaultResponse(204);
    }

    private FaultResponse Told(FaultResponse response, string repository, string id, DialectUpload upload, long partStart, long end)
    {
        long told = _dialect.RangeIsStuck && upload.Patches > 0 ? upload.FirstEnd : end;
        string range = _dialect.RangeIsRelative && partStart > 0 ? $"{0}-{end - partStart - 1}" : $"0-{Math.Max(0, told - 1)}";
        string path = $"/v2/{repository}/blobs/uploads/{id}?state={upload.State}&{Signature}";
        return response.With("Range", range).With("Location", _dialect.LocationIsRelative ? path : UploadServer.Url + path);
    }

    private FaultResponse Violate(string what)
    {
        Violations.Enqueue(what);
        return Error(400, "UNSUPPORTED", what);
    }

    private static FaultResponse Error(int status, string code, string message) =>
        FaultResponse.Json($$"""{"errors":[{"code":"{{code}}","message":"{{message}}"}]}""", status);

    [GeneratedRegex("^/v2/(.+)/blobs/uploads/([^/]*)$")]
    private static partial Regex UploadPath();

    [GeneratedRegex("^/v2/(.+)/blobs/(sha[^/]*)$")]
    private static partial Regex BlobPath();

    [GeneratedRegex("^[0-9]+-[0-9]+$")]
    private static partial Regex PartRange();
}
