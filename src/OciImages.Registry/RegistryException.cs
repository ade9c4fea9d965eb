using System.Net;

namespace OciImages.Registry;

/// <summary>The failure of a request to a registry. The message names registry, repository, reference, status and the registry's own words.</summary>
public class RegistryException : OciException
{
    private readonly bool? _transient;

    /// <summary>Makes an exception.</summary>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">One sentence: what failed, and where; without secrets.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public RegistryException(OciErrorKind kind, string message, Exception? innerException = null)
        : base(kind, message, innerException)
    {
    }

    /// <summary>The HTTP status; null when there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>The registry's own errors, in its order; empty when it gave none.</summary>
    public IReadOnlyList<RegistryError> Errors { get; init; } = [];

    /// <summary>How long the registry asked to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// Whether the same call may succeed later: true for a lost connection, a time-out and the statuses 408, 425, 429, 499, 500, 502,
    /// 503, 504 and 520 to 524; false for what time alone does not heal, such as an untrusted certificate or an unknown host.
    /// </summary>
    public override bool IsTransient => _transient ?? base.IsTransient;

    internal bool Transient
    {
        init => _transient = value;
    }

    /// <summary>The same failure with a remark about the attempts behind it.</summary>
    internal RegistryException WithRemark(string remark) => new(Kind, $"{Message.TrimEnd('.')} ({remark}).", InnerException)
    {
        StatusCode = StatusCode,
        Errors = Errors,
        RetryAfter = RetryAfter,
        Transient = IsTransient,
    };
}
