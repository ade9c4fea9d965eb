using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace OciImages.RegistryServer.Internal;

/// <summary>The answer to a request that came without a socket: a pipe with a bound, as a connection has one.</summary>
internal sealed class InProcessResponse : IHttpResponseFeature, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature
{
    private const int Bound = 256 << 10;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: Bound, resumeWriterThreshold: Bound / 2, useSynchronizationContext: false));
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(Func<object, Task> Call, object State)> _starting = [];
    private readonly InProcessWriter _writer;
    private readonly CancellationTokenSource _aborted;

    internal InProcessResponse(CancellationToken cancellationToken)
    {
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        RequestAborted = _aborted.Token;
        _writer = new InProcessWriter(_pipe.Writer, this);
        Stream = _writer.AsStream();
        Body = _pipe.Reader.AsStream();
    }

    /// <summary>Ends when status and headers are settled.</summary>
    internal Task Started => _started.Task;

    /// <summary>The headers as they were then.</summary>
    internal KeyValuePair<string, StringValues>[] SentHeaders { get; private set; } = [];

    /// <summary>What the caller reads.</summary>
    internal Stream Body { get; }

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public bool HasStarted { get; private set; }

    public Stream Stream { get; }

    public PipeWriter Writer => _writer;

    public CancellationToken RequestAborted { get; set; }

    Stream IHttpResponseFeature.Body
    {
        get => Stream;
        set => throw new NotSupportedException();
    }

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Add((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state)
    {
        // The registry registers nothing, and no server is here that would.
    }

    public void DisableBuffering()
    {
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
            return;
        foreach (var (call, state) in _starting)
            await call(state).ConfigureAwait(false);
        HasStarted = true;
        SentHeaders = [.. Headers];
        _started.TrySetResult();
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public async Task CompleteAsync()
    {
        await StartAsync().ConfigureAwait(false);
        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
    }

    public void Abort()
    {
        _aborted.Cancel();
        Fail(new IOException("The server has cut the connection."));
    }

    internal void Fail(Exception exception)
    {
        _started.TrySetException(exception);
        _pipe.Writer.Complete(exception);
    }
}
