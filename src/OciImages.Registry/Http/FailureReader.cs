using System.Net;
using System.Net.Http.Headers;
using OciImages.Registry.Auth;

namespace OciImages.Registry.Http;

/// <summary>Turns answers that are refusals, and failed exchanges, into exceptions that say what happened and where.</summary>
internal sealed class FailureReader(HttpTransport transport, RegistryClientOptions options)
{
    /// <summary>Reads the failure out of an answer and disposes it.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="sentence">What failed, such as <c>Cannot get manifest latest of docker.io/library/nginx</c>.</param>
    /// <param name="speaker">Who answered, such as <c>the registry</c>.</param>
    /// <param name="isAboutRepository">Whether a repository was asked for.</param>
    /// <param name="secrets">What the message must not repeat.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<RegistryException> ReadAsync(
        HttpResponseMessage response, string sentence, string speaker, bool isAboutRepository, IReadOnlyList<string> secrets,
        CancellationToken cancellationToken)
    {
        var challenge = ChallengeParser.Parse(response).FirstOrDefault(challenge => challenge.Error is not null);
        var status = response.StatusCode;
        var retryAfter = RetryAfter.Of(response, options.TimeProvider);
        var errors = ErrorBody.Parse(await ReadBodyAsync(response, cancellationToken).ConfigureAwait(false), secrets);
        if (errors.Count == 0 && challenge is not null)
            errors = [new RegistryError("", PlainText.Clean(challenge.Error, 100))];
        string advice = isAboutRepository ? Advice(status, errors) : "";
        return new RegistryException(StatusMeaning.KindOf(status, errors), $"{sentence}: {speaker} answered {Words(status, errors)}.{advice}")
        {
            StatusCode = status,
            Errors = errors,
            RetryAfter = retryAfter,
            Transient = StatusMeaning.IsTransient(status),
        };
    }

    /// <summary>Explains a failed exchange.</summary>
    public static RegistryException Translate(Exception exception, string sentence, string host)
    {
        var (reason, isTransient) = TransportFailure.Explain(exception, host);
        var kind = TransportFailure.IsBlocked(exception) ? OciErrorKind.Forbidden : OciErrorKind.Unavailable;
        return new RegistryException(kind, $"{sentence}: {reason}.", TransportFailure.HoldsSecret(exception) ? null : exception) { Transient = isTransient };
    }

    /// <summary>A status, with what was said about it.</summary>
    public static string Words(HttpStatusCode status, IReadOnlyList<RegistryError> errors)
    {
        string number = Enum.IsDefined(status) ? $"{(int)status} {status}" : $"{(int)status}";
        string said = string.Join("; ", errors.Select(error => error.Code.Length == 0 || error.Message.Length == 0
            ? error.Code + error.Message
            : $"{error.Code}: {error.Message}").Where(text => text.Length > 0));
        return said.Length == 0 ? number : $"{number} ({said})";
    }

    // Docker Hub and others do not tell whether a repository is missing or private.
    private static string Advice(HttpStatusCode status, IReadOnlyList<RegistryError> errors) =>
        status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
        || errors.Any(error => error.Code is "DENIED" or "UNAUTHORIZED")
            ? " The repository does not exist, or these credentials may not do this."
            : "";

    private async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var body = await transport.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
            var (bytes, _) = await body.ReadUpToAsync(options.MaxErrorBodySize, cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        catch (Exception e) when (TransportFailure.Is(e))
        {
            // The status is the news; its explanation may be lost on the way.
            return [];
        }
    }
}
