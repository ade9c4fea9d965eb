using System.Net;

namespace OciImages.Registry;

/// <summary>The failure of a request to a registry. The message names registry, repository, reference, status and the registry's own words.</summary>
public class RegistryException : OciException
{
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
}
