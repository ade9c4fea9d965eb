using System.Net;

namespace OciImages.Registry.Http;

/// <summary>What a status means for the caller.</summary>
internal static class StatusMeaning
{
    /// <summary>Whether another try may help. 499 and 520 to 524 are what nginx and Cloudflare say for lost connections.</summary>
    public static bool IsTransient(HttpStatusCode status) => (int)status is 408 or 425 or 429 or 499 or 500 or 502 or 503 or 504 or (>= 520 and <= 524);

    /// <summary>The kind of failure.</summary>
    public static OciErrorKind KindOf(HttpStatusCode status, IReadOnlyList<RegistryError> errors) => (int)status switch
    {
        _ when IsTransient(status) => OciErrorKind.Unavailable,
        _ when errors.Any(error => error.Code == "DENIED") => OciErrorKind.Forbidden,
        401 => OciErrorKind.Unauthorized,
        403 => OciErrorKind.Forbidden,
        404 or 410 => OciErrorKind.NotFound,
        405 or 501 => OciErrorKind.Unsupported,
        409 => OciErrorKind.Conflict,
        >= 400 and < 500 => OciErrorKind.InvalidInput,
        >= 500 => OciErrorKind.Unavailable,
        _ => OciErrorKind.Unknown,
    };
}
