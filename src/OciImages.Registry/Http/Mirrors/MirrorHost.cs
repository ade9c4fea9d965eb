using Microsoft.Extensions.Logging;

namespace OciImages.Registry.Http.Mirrors;

/// <summary>A mirror for one registry, and how it fares.</summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class MirrorHost(RegistryMirror mirror, string registry, RegistryClientOptions options, ILogger logger)
{
    private static readonly HttpRequestOptionsKey<MirrorHost> AnsweredBy = new("OciImages.AnsweredBy");
    private static readonly TimeSpan PoisonTime = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private int _failures;
    private long _since;
    private TimeSpan _time;
    private bool _isPoisoned;

    public RegistryEndpoint Endpoint { get; } = RegistryEndpoint.OfMirror(mirror, registry);

    public RegistryMirrorCapabilities Capabilities => mirror.Capabilities;

    /// <summary>Whether it rests and is not to be asked.</summary>
    /// <param name="isLastResort">Whether nobody else is left: then only one that served wrong content is not asked.</param>
    public bool IsSetAside(bool isLastResort)
    {
        lock (_lock)
            return options.TimeProvider.GetElapsedTime(_since) < _time && (_isPoisoned || !isLastResort);
    }

    /// <summary>The mirror that an answer is from; null for the registry.</summary>
    public static MirrorHost? Of(HttpResponseMessage response) =>
        response.RequestMessage?.Options.TryGetValue(AnsweredBy, out var mirror) == true ? mirror : null;

    /// <summary>Notes on an answer that it is from this mirror.</summary>
    public void Sign(HttpResponseMessage response) => response.RequestMessage!.Options.Set(AnsweredBy, this);

    /// <summary>An exchange ended well.</summary>
    public void Succeeded()
    {
        lock (_lock)
            _failures = 0;
    }

    /// <summary>An exchange failed. After enough of them in a row the mirror rests; the first failure after the rest begins the next one.</summary>
    /// <param name="retryAfter">How long the mirror wants to rest; null when it did not say.</param>
    public void Failed(TimeSpan? retryAfter = null)
    {
        lock (_lock)
        {
            _failures++;
            if (_failures < options.MirrorFailureThreshold && retryAfter is null)
                return;
        }
        var longest = retryAfter < PoisonTime ? retryAfter.Value : PoisonTime;
        SetAside(retryAfter is null || longest < options.MirrorSetAsideTime ? options.MirrorSetAsideTime : longest, isPoisoned: false, "it keeps failing");
    }

    /// <summary>It served other content than was asked for: it is broken or hostile, and not only for this content.</summary>
    public void Poisoned(string what) => SetAside(PoisonTime, isPoisoned: true, $"it served wrong content for {what}");

    private void SetAside(TimeSpan time, bool isPoisoned, string reason)
    {
        lock (_lock)
        {
            long now = options.TimeProvider.GetTimestamp();
            // Never shorten a longer rest.
            if (options.TimeProvider.GetElapsedTime(_since, now) + time <= _time)
                return;
            (_since, _time, _isPoisoned) = (now, time, isPoisoned);
        }
        RegistryLog.MirrorSetAside(logger, Endpoint.Domain.Name, registry, time, reason);
    }
}
